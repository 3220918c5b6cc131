package io.berth.scheduler.simulate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Headers;
import io.berth.api.codec.Json;
import io.berth.api.defaults.Defaults;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.api.schema.SchemaValidator;
import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.NodeTerm;
import io.berth.scheduler.core.PodDetails;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.PodVolumes;
import io.berth.scheduler.core.Requirement;
import io.berth.scheduler.core.Taint;
import io.berth.scheduler.core.Toleration;
import io.berth.scheduler.reader.PodReader;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * The pods that objects stand for: pods themselves, and of workloads as many as their controllers
 * would make. Other objects stand for none.
 */
final class Templates {
  private static final String POD = "Pod";

  /** What the DaemonSet controller lets its pods tolerate. */
  private static final List<Toleration> OF_DAEMONS =
      List.of(
          new Toleration("node.kubernetes.io/not-ready", "Exists", "", "NoExecute"),
          new Toleration("node.kubernetes.io/unreachable", "Exists", "", "NoExecute"),
          new Toleration("node.kubernetes.io/disk-pressure", "Exists", "", "NoSchedule"),
          new Toleration("node.kubernetes.io/memory-pressure", "Exists", "", "NoSchedule"),
          new Toleration("node.kubernetes.io/pid-pressure", "Exists", "", "NoSchedule"),
          new Toleration("node.kubernetes.io/unschedulable", "Exists", "", "NoSchedule"));

  private final PodReader reader;
  private final List<NodeRecord> nodes;
  private final String namespace;
  private final UnaryOperator<ApiObject> admission;

  /**
   * @param nodes those that a DaemonSet may have pods on
   * @param namespace of objects that name none
   * @param admission what an API server makes of a pod that comes with its defaults set
   */
  Templates(
      PodReader reader,
      List<NodeRecord> nodes,
      String namespace,
      UnaryOperator<ApiObject> admission) {
    this.reader = reader;
    this.nodes = nodes;
    this.namespace = namespace;
    this.admission = admission;
  }

  List<PodRecord> pods(ObjectFile.Item item) {
    JsonNode spec = item.object().path("spec");
    return switch (item.kind()) {
      case POD -> finished(item.object()) ? List.of() : List.of(pod(item));
      case "Deployment", "ReplicaSet", "ReplicationController" ->
          replicas(item, spec.path("template"), count(item, spec, "replicas"), 1);
      case "StatefulSet" -> stateful(item, spec);
      case "Job" -> replicas(item, spec.path("template"), atATime(item, spec), 1);
      case "CronJob" -> {
        JsonNode job = spec.path("jobTemplate").path("spec");
        yield replicas(item, job.path("template"), atATime(item, job), 1);
      }
      case "DaemonSet" -> daemons(item, spec.path("template"));
      default -> List.of();
    };
  }

  /** Whether a pod was made from an object that is a pod itself, so that nobody makes it anew. */
  static boolean bare(PodRecord pod) {
    return pod.uid().startsWith(POD + "/");
  }

  private static boolean finished(JsonNode pod) {
    String phase = pod.path("status").path("phase").asText();
    return phase.equals("Succeeded") || phase.equals("Failed");
  }

  private static int count(ObjectFile.Item item, JsonNode spec, String field) {
    JsonNode count = spec.path(field);
    if (count.isMissingNode() || count.isNull()) {
      return 1;
    }
    if (!count.canConvertToInt() || count.asInt() < 0) {
      throw item.problem(field + " is no count: " + count);
    }
    return count.asInt();
  }

  private static int atATime(ObjectFile.Item item, JsonNode job) {
    int parallelism = count(item, job, "parallelism");
    return job.hasNonNull("completions")
        ? Math.min(parallelism, count(item, job, "completions"))
        : parallelism;
  }

  private List<PodRecord> replicas(ObjectFile.Item item, JsonNode template, int count, int first) {
    PodRecord pod = templated(item, template);
    List<PodRecord> pods = new ArrayList<>(count);
    for (int i = first; i < first + count; i++) {
      pods.add(named(pod, item.kind(), pod.name() + "-" + i, pod.shape()));
    }
    return pods;
  }

  private List<PodRecord> stateful(ObjectFile.Item item, JsonNode spec) {
    StatefulClaims claims = StatefulClaims.of(item.object());
    int first = StatefulClaims.first(item.object());
    List<PodRecord> pods = new ArrayList<>();
    for (PodRecord pod :
        replicas(
            item,
            claims.mounted(spec.path("template"), first),
            count(item, spec, "replicas"),
            first)) {
      PodDetails details = pod.details();
      PodVolumes own = claims.volumes(details.volumes(), first, first + pods.size());
      pods.add(pod.withDetails(details.withVolumes(own)));
    }
    return pods;
  }

  private static PodRecord named(PodRecord pod, String kind, String name, PodShape shape) {
    String uid = kind + "/" + pod.namespace() + "/" + name;
    return new PodRecord(name, uid, shape, pod.priority(), "", pod.details());
  }

  private PodRecord templated(ObjectFile.Item item, JsonNode template) {
    if (!template.path("spec").isObject()) {
      throw item.problem(item.kind() + " " + name(item) + " has no pod template");
    }
    ObjectNode pod = template.deepCopy();
    ObjectNode metadata = pod.withObject("metadata");
    metadata.put("name", name(item));
    metadata.put("namespace", namespace(item));
    return read(item, pod);
  }

  private PodRecord pod(ObjectFile.Item item) {
    PodRecord pod = read(item, item.object());
    return named(pod, POD, pod.name(), pod.shape());
  }

  /** As the API server would store it: with the defaults that requests depend on. */
  private PodRecord read(ObjectFile.Item item, ObjectNode pod) {
    ObjectNode metadata = pod.withObject("metadata");
    if (metadata.path("name").asText().isEmpty()) {
      metadata.put("name", metadata.path("generateName").asText("pod-") + "1");
    }
    metadata.put("namespace", namespace(item));
    pod.put("apiVersion", "v1").put("kind", POD);
    try {
      SchemaValidator.check(Resources.PODS, pod)
          .wrongType()
          .ifPresent(
              wrong -> {
                throw new IllegalArgumentException(wrong);
              });
      Defaults.apply(Resources.PODS, pod);
      PodRecord read =
          reader.read(admission.apply(Headers.object(Resources.PODS, Json.bytes(pod))));
      String name = metadata.path("name").asText();
      return new PodRecord(name, read.uid(), read.shape(), read.priority(), "", read.details());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          item.where() + ": " + item.kind() + " " + name(item) + ": " + e.getMessage(), e);
    }
  }

  private static String name(ObjectFile.Item item) {
    JsonNode metadata = item.object().path("metadata");
    String name = metadata.path("name").asText();
    return name.isEmpty() ? metadata.path("generateName").asText("unnamed") : name;
  }

  private String namespace(ObjectFile.Item item) {
    String given = item.object().path("metadata").path("namespace").asText();
    return given.isEmpty() ? namespace : given;
  }

  private List<PodRecord> daemons(ObjectFile.Item item, JsonNode template) {
    PodRecord pod = templated(item, template);
    PodShape shape =
        pod.shape().toBuilder()
            .tolerations(
                Stream.concat(pod.shape().tolerations().stream(), OF_DAEMONS.stream()).toList())
            .build();
    List<PodRecord> pods = new ArrayList<>();
    for (NodeRecord node : nodes) {
      boolean tolerated =
          node.taints().stream()
              .allMatch(t -> t.effect().equals(Taint.PREFER_NO_SCHEDULE) || shape.tolerates(t));
      if (tolerated && shape.selects(node.name(), node.labels())) {
        pods.add(named(pod, item.kind(), pod.name() + "-" + node.name(), only(shape, node)));
      }
    }
    return pods;
  }

  private static PodShape only(PodShape shape, NodeRecord node) {
    Requirement named =
        new Requirement("metadata.name", Requirement.Operator.IN, List.of(node.name()));
    List<NodeTerm> terms = shape.requiredTerms();
    List<NodeTerm> narrowed =
        terms == null
            ? List.of(new NodeTerm(List.of(), List.of(named)))
            : terms.stream()
                .map(
                    t ->
                        new NodeTerm(
                            t.labels(),
                            Stream.concat(t.fields().stream(), Stream.of(named)).toList()))
                .toList();
    return shape.toBuilder().requiredTerms(narrowed).build();
  }
}
