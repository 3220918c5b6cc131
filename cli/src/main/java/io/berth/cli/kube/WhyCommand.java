package io.berth.cli.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.cli.CommandException;
import io.berth.client.ApiClient;
import io.berth.client.ListOptions;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.Rejection;
import io.berth.scheduler.decide.Decider;
import io.berth.scheduler.decide.Profiles;
import io.berth.scheduler.explain.Explainer;
import io.berth.scheduler.explain.Explanation;
import io.berth.scheduler.loop.SchedulerConfig;
import io.berth.scheduler.packing.FragmentationAware;
import io.berth.scheduler.reader.ClusterReader;
import io.berth.scheduler.reader.StorageReader;
import io.berth.scheduler.volume.Storage;
import io.berth.scheduler.volume.VolumeRules;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Says why a pod waits, node by node and rule by rule, and which smallest changes would help. It
 * reads the cluster's nodes and pods and asks the scheduler's own core, here.
 */
@Command(
    name = "why",
    description = "Say why a pod waits for a node, and what would help.",
    mixinStandardHelpOptions = true)
public final class WhyCommand implements Runnable {
  private static final int NAMED = 4;

  @Mixin private Connection connection = new Connection();

  @Parameters(paramLabel = "POD", description = "Such as 'pod/x', or 'x'.")
  private String target = "";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "json for programs.")
  private String output = "";

  @Override
  public void run() {
    if (!output.isEmpty() && !output.equals("json")) {
      throw new CommandException("-o " + output + ": only json is known");
    }
    ApiClient client = connection.client();
    String name = PodNames.resolve(client, connection.namespace(), target);
    ApiObject pod = client.get(Resources.PODS, connection.namespace(), name);
    JsonNode tree = pod.tree();
    String node = tree.at("/spec/nodeName").asText("");
    if (!node.isEmpty()) {
      placed(pod, node, tree.at("/status/phase").asText("Pending"));
      return;
    }
    Explanation explanation = explain(client, pod);
    List<String> gates = new ArrayList<>();
    tree.at("/spec/schedulingGates").forEach(gate -> gates.add(gate.path("name").asText()));
    System.out.print(
        output.equals("json")
            ? json(explanation, gates).toPrettyString() + "\n"
            : text(explanation, gates));
  }

  private void placed(ApiObject pod, String node, String phase) {
    if (output.equals("json")) {
      ObjectNode answer = Json.object().put("pod", pod.key().namespacedName()).put("node", node);
      System.out.print(answer.toPrettyString() + "\n");
    } else {
      System.out.println(
          "Pod "
              + pod.key().namespacedName()
              + " is on node "
              + node
              + ", in phase "
              + phase
              + ".");
    }
  }

  private static Explanation explain(ApiClient client, ApiObject pod) {
    ClusterReader.Read read =
        ClusterReader.read(
            client.list(Resources.NAMESPACES, "", ListOptions.ALL).items(),
            client.list(Resources.NODES, "", ListOptions.ALL).items(),
            client.list(Resources.PODS, "", ListOptions.ALL).items());
    PodRecord asked = read.pods().read(pod);
    FragmentationAware packing = new FragmentationAware(read.cluster());
    try (Decider decider =
        new Decider(
            read.cluster(),
            Profiles.standard(SchedulerConfig.NAME, packing),
            new VolumeRules(read.cluster(), storage(client)))) {
      return new Explainer(read.cluster(), decider).explain(asked);
    }
  }

  private static Storage storage(ApiClient client) {
    Storage storage = new Storage();
    for (ApiObject type : client.list(Resources.STORAGE_CLASSES, "", ListOptions.ALL).items()) {
      storage.put(StorageReader.storageClass(type));
    }
    for (ApiObject volume :
        client.list(Resources.PERSISTENT_VOLUMES, "", ListOptions.ALL).items()) {
      storage.put(StorageReader.volume(volume));
    }
    for (ApiObject claim :
        client.list(Resources.PERSISTENT_VOLUME_CLAIMS, "", ListOptions.ALL).items()) {
      storage.put(StorageReader.claim(claim));
    }
    for (ApiObject node : client.list(Resources.CSI_NODES, "", ListOptions.ALL).items()) {
      storage.putLimits(node.key().name(), StorageReader.limits(node));
    }
    for (ApiObject driver : client.list(Resources.CSI_DRIVERS, "", ListOptions.ALL).items()) {
      storage.putDriver(driver.key().name(), StorageReader.countsSpace(driver));
    }
    for (ApiObject capacity :
        client.list(Resources.CSI_STORAGE_CAPACITIES, "", ListOptions.ALL).items()) {
      storage.put(StorageReader.capacity(capacity));
    }
    return storage;
  }

  private static String text(Explanation explanation, List<String> gates) {
    StringBuilder text = new StringBuilder();
    text.append("Pod ").append(explanation.pod()).append(" waits for a node.\n\n");
    if (!gates.isEmpty()) {
      text.append("It is not to be placed before these scheduling gates are gone: ")
          .append(String.join(", ", gates))
          .append(".\n\n");
    }
    if (explanation.fits()) {
      text.append("As things are it fits; the scheduler has yet to place it.\n\n");
    } else {
      text.append(explanation.summary()).append("\n\n");
    }
    if (!explanation.remedies().isEmpty() && !explanation.fits()) {
      text.append("What would help, the smallest change first:\n");
      explanation.remedies().forEach(r -> text.append("  - ").append(r).append('\n'));
      text.append('\n');
    }
    Tables table = new Tables();
    table.add(List.of("NODES", "RULE", "WHY NOT"));
    alike(explanation).forEach((reasons, nodes) -> rows(reasons, nodes, table));
    return text.append(table.text()).toString();
  }

  /** The nodes by what keeps the pod from them. */
  private static Map<List<Rejection>, List<String>> alike(Explanation explanation) {
    Map<List<Rejection>, List<String>> nodes = new LinkedHashMap<>();
    explanation
        .nodes()
        .forEach(v -> nodes.computeIfAbsent(v.reasons(), r -> new ArrayList<>()).add(v.node()));
    return nodes;
  }

  private static void rows(List<Rejection> reasons, List<String> nodes, Tables table) {
    String names = nodes.stream().limit(NAMED).collect(Collectors.joining(", "));
    String all = nodes.size() > NAMED ? names + " and " + (nodes.size() - NAMED) + " more" : names;
    if (reasons.isEmpty()) {
      table.add(List.of(all, "-", "it fits"));
    }
    for (int i = 0; i < reasons.size(); i++) {
      table.add(List.of(i == 0 ? all : "", reasons.get(i).rule(), reasons.get(i).reason()));
    }
  }

  private static ObjectNode json(Explanation explanation, List<String> gates) {
    ObjectNode answer = Json.object().put("pod", explanation.pod());
    answer.put("fits", explanation.fits()).put("summary", explanation.summary());
    ArrayNode waitsFor = answer.putArray("schedulingGates");
    gates.forEach(waitsFor::add);
    ArrayNode remedies = answer.putArray("remedies");
    for (Explanation.Remedy remedy : explanation.remedies()) {
      ObjectNode one = remedies.addObject().put("change", remedy.toString());
      ArrayNode on = one.putArray("nodes");
      remedy.nodes().forEach(on::add);
    }
    ArrayNode nodes = answer.putArray("nodes");
    for (Explanation.NodeVerdict verdict : explanation.nodes()) {
      ArrayNode reasons = nodes.addObject().put("node", verdict.node()).putArray("reasons");
      for (Rejection rejection : verdict.reasons()) {
        reasons
            .addObject()
            .put("rule", rejection.rule())
            .put("reason", rejection.reason())
            .put("endsWhenPodsLeave", rejection.resolvable());
      }
    }
    return answer;
  }
}
