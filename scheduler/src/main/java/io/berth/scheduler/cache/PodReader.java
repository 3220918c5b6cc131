package io.berth.scheduler.cache;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.Quantity;
import io.berth.scheduler.core.Amounts;
import io.berth.scheduler.core.HostPort;
import io.berth.scheduler.core.NodeTerm;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.Requirement;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.core.Toleration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns pods of the API into the scheduler's records. Safe for use by many threads. */
public final class PodReader {
  private final ResourceIndex resources;

  public PodReader(ResourceIndex resources) {
    this.resources = resources;
  }

  public PodRecord read(ApiObject pod) {
    JsonNode spec = pod.treeWithoutOwners().path("spec");
    JsonNode affinity = spec.path("affinity").path("nodeAffinity");
    return new PodRecord(
        pod.key().namespace(),
        pod.key().name(),
        pod.header().uid(),
        spec.path("priority").asInt(0),
        requests(spec),
        spec.path("nodeName").asText(""),
        stringMap(spec.path("nodeSelector")),
        requiredTerms(affinity.path("requiredDuringSchedulingIgnoredDuringExecution")),
        preferredTerms(affinity.path("preferredDuringSchedulingIgnoredDuringExecution")),
        tolerations(spec.path("tolerations")),
        hostPorts(spec));
  }

  /**
   * What a pod takes of a node: the larger of what its containers take together and what any init
   * container takes while the sidecars started before it run; amounts given for the whole pod
   * instead of that; the overhead on top.
   */
  long[] requests(JsonNode spec) {
    long[] sidecars = Amounts.none();
    long[] initPeak = Amounts.none();
    for (JsonNode container : spec.path("initContainers")) {
      long[] own = amounts(container.path("resources").path("requests"));
      long[] running = Amounts.plus(sidecars, own);
      initPeak = Amounts.max(initPeak, running);
      if (container.path("restartPolicy").asText().equals("Always")) {
        sidecars = running;
      }
    }
    long[] sum = sidecars;
    for (JsonNode container : spec.path("containers")) {
      sum = Amounts.plus(sum, amounts(container.path("resources").path("requests")));
    }
    long[] total = Amounts.max(sum, initPeak);
    for (var entry : spec.path("resources").path("requests").properties()) {
      total = with(total, entry.getKey(), entry.getValue());
    }
    total = Amounts.plus(total, amounts(spec.path("overhead")));
    return Amounts.with(total, ResourceIndex.PODS, 1);
  }

  /** A resource list as amounts by slot. */
  long[] amounts(JsonNode list) {
    long[] amounts = Amounts.none();
    for (var entry : list.properties()) {
      amounts = with(amounts, entry.getKey(), entry.getValue());
    }
    return amounts;
  }

  private long[] with(long[] amounts, String name, JsonNode quantity) {
    int slot = resources.slot(name);
    Quantity parsed = Quantity.parse(quantity.asText());
    return Amounts.with(
        amounts, slot, slot == ResourceIndex.CPU ? parsed.milliValue() : parsed.value());
  }

  private static @Nullable List<NodeTerm> requiredTerms(JsonNode required) {
    if (required.isMissingNode() || required.isNull()) {
      return null;
    }
    List<NodeTerm> terms = new ArrayList<>();
    required.path("nodeSelectorTerms").forEach(term -> terms.add(term(term)));
    return List.copyOf(terms);
  }

  private static List<PodRecord.Preference> preferredTerms(JsonNode preferred) {
    List<PodRecord.Preference> preferences = new ArrayList<>();
    for (JsonNode item : preferred) {
      preferences.add(
          new PodRecord.Preference(item.path("weight").asInt(), term(item.path("preference"))));
    }
    return List.copyOf(preferences);
  }

  private static NodeTerm term(JsonNode term) {
    return new NodeTerm(
        requirements(term.path("matchExpressions")), requirements(term.path("matchFields")));
  }

  private static List<Requirement> requirements(JsonNode expressions) {
    List<Requirement> requirements = new ArrayList<>();
    for (JsonNode expression : expressions) {
      List<String> values = new ArrayList<>();
      expression.path("values").forEach(value -> values.add(value.asText()));
      requirements.add(
          new Requirement(
              expression.path("key").asText(),
              Requirement.Operator.of(expression.path("operator").asText()),
              values));
    }
    return requirements;
  }

  private static List<Toleration> tolerations(JsonNode list) {
    List<Toleration> tolerations = new ArrayList<>();
    for (JsonNode item : list) {
      String operator = item.path("operator").asText("");
      tolerations.add(
          new Toleration(
              item.path("key").asText(""),
              operator.isEmpty() ? "Equal" : operator,
              item.path("value").asText(""),
              item.path("effect").asText("")));
    }
    return List.copyOf(tolerations);
  }

  private static List<HostPort> hostPorts(JsonNode spec) {
    boolean hostNetwork = spec.path("hostNetwork").asBoolean();
    List<HostPort> ports = new ArrayList<>();
    for (JsonNode container : spec.path("containers")) {
      for (JsonNode port : container.path("ports")) {
        int number =
            port.path("hostPort").asInt(hostNetwork ? port.path("containerPort").asInt() : 0);
        if (number > 0) {
          String address = port.path("hostIP").asText("");
          String protocol = port.path("protocol").asText("TCP");
          ports.add(new HostPort(address.isEmpty() ? "0.0.0.0" : address, protocol, number));
        }
      }
    }
    return List.copyOf(ports);
  }

  static Map<String, String> stringMap(JsonNode object) {
    Map<String, String> map = new HashMap<>();
    object.properties().forEach(entry -> map.put(entry.getKey(), entry.getValue().asText()));
    return Map.copyOf(map);
  }
}
