package io.berth.cli.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.cli.CommandException;
import io.berth.client.ApiClient;
import io.berth.scheduler.core.Obstacles;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.Rejection;
import io.berth.scheduler.decide.Decider;
import io.berth.scheduler.decide.Deciders;
import io.berth.scheduler.explain.Explainer;
import io.berth.scheduler.explain.Explanation;
import io.berth.scheduler.gang.GangForecast;
import io.berth.scheduler.gang.GangPlacer;
import io.berth.scheduler.live.LiveCluster;
import io.berth.scheduler.volume.VolumeRules;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
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
    Answer answer = answer(live(client), pod);
    System.out.print(output.equals("json") ? json(answer).toPrettyString() + "\n" : text(answer));
  }

  /**
   * Why the pod waits.
   *
   * @param schedulerName whose it is
   * @param nominatedNode where room is being made for it; empty where none is
   * @param group what becomes of the group that it is placed with; null where it is placed alone
   */
  private record Answer(
      Explanation explanation,
      String schedulerName,
      Obstacles obstacles,
      String nominatedNode,
      GangForecast.@Nullable Outlook group) {
    boolean fits() {
      boolean together = group == null || group.why().isEmpty();
      return explanation.fits() && obstacles.none() && together;
    }
  }

  private static LiveCluster live(ApiClient client) {
    try {
      return LiveCluster.read(client);
    } catch (IllegalArgumentException e) {
      throw new CommandException(String.valueOf(e.getMessage()), e);
    }
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

  private static Answer answer(LiveCluster live, ApiObject pod) {
    PodRecord asked = live.record(pod);
    String schedulerName = asked.details().schedulerName();
    Obstacles obstacles = asked.details().obstacles();
    VolumeRules volumes = new VolumeRules(live.cluster(), live.storage());
    Deciders deciders =
        new Deciders(live.cluster(), live.config().profiles(live.cluster()), volumes);
    Decider decider = deciders.named(schedulerName);
    if (decider == null) {
      String whose = String.join(", ", deciders.names());
      String summary =
          "It is for the scheduler "
              + schedulerName
              + "; the one of this cluster decides for pods of "
              + whose
              + ".";
      Explanation none = new Explanation(asked.key(), summary, List.of(), List.of());
      return new Answer(none, schedulerName, obstacles, "", null);
    }
    GangPlacer placer = new GangPlacer(live.cluster(), deciders::of, volumes);
    GangForecast groups =
        new GangForecast(
            live.gangs(), placer, one -> new Explainer(live.cluster(), deciders.of(one)));
    return new Answer(
        new Explainer(live.cluster(), decider).explain(asked),
        schedulerName,
        obstacles,
        asked.details().nominatedNode(),
        groups.of(asked));
  }

  private static String text(Answer answer) {
    Explanation explanation = answer.explanation();
    StringBuilder text = new StringBuilder();
    text.append("Pod ").append(explanation.pod()).append(" waits for a node.\n\n");
    if (!answer.obstacles().none()) {
      text.append("It is not decided: ").append(answer.obstacles().message()).append(".\n\n");
    }
    if (!answer.nominatedNode().isEmpty()) {
      text.append("Room is being made for it on node ")
          .append(answer.nominatedNode())
          .append(", by the leaving of pods of lower priority.\n\n");
    }
    GangForecast.Outlook group = answer.group();
    if (group != null && !group.why().isEmpty()) {
      text.append("It is placed with its group: ").append(group.why()).append("\n\n");
    }
    if (answer.fits()) {
      text.append("As things are it fits; the scheduler has yet to place it.\n\n");
    } else if (!explanation.fits()) {
      text.append(explanation.summary()).append("\n\n");
    }
    if (!explanation.remedies().isEmpty() && !explanation.fits()) {
      text.append("What would help, the smallest change first:\n");
      explanation.remedies().forEach(r -> text.append("  - ").append(r).append('\n'));
      text.append('\n');
    }
    if (explanation.nodes().isEmpty()) {
      return text.toString().stripTrailing() + "\n";
    }
    Tables table = new Tables();
    table.add(List.of("NODES", "RULE", "WHY NOT"));
    String fits = group == null || group.why().isEmpty() ? "it fits" : "alone it fits";
    alike(explanation).forEach((reasons, nodes) -> rows(reasons, nodes, fits, table));
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

  private static void rows(List<Rejection> reasons, List<String> nodes, String fits, Tables table) {
    String names = nodes.stream().limit(NAMED).collect(Collectors.joining(", "));
    String all = nodes.size() > NAMED ? names + " and " + (nodes.size() - NAMED) + " more" : names;
    if (reasons.isEmpty()) {
      table.add(List.of(all, "-", fits));
    }
    for (int i = 0; i < reasons.size(); i++) {
      table.add(List.of(i == 0 ? all : "", reasons.get(i).rule(), reasons.get(i).reason()));
    }
  }

  private static ObjectNode json(Answer told) {
    Explanation explanation = told.explanation();
    ObjectNode answer = Json.object().put("pod", explanation.pod());
    answer.put("schedulerName", told.schedulerName());
    answer.put("fits", told.fits()).put("summary", explanation.summary());
    ArrayNode waitsFor = answer.putArray("schedulingGates");
    told.obstacles().gates().forEach(waitsFor::add);
    ArrayNode notSupported = answer.putArray("notSupported");
    told.obstacles().notSupported().forEach(notSupported::add);
    if (!told.nominatedNode().isEmpty()) {
      answer.put("nominatedNode", told.nominatedNode());
    }
    GangForecast.Outlook group = told.group();
    if (group != null) {
      answer.putObject("podGroup").put("node", group.nodeName()).put("why", group.why());
    }
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
