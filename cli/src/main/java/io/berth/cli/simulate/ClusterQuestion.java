package io.berth.cli.simulate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Headers;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.text.Nearest;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.cli.CommandException;
import io.berth.client.ApiClient;
import io.berth.client.ListOptions;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.decide.Profiles;
import io.berth.scheduler.loop.SchedulerConfig;
import io.berth.scheduler.packing.Packings;
import io.berth.scheduler.reader.BudgetReader;
import io.berth.scheduler.reader.ClusterReader;
import io.berth.scheduler.simulate.InputReader;
import io.berth.scheduler.simulate.WhatIf;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Asks the scheduler's core what it would do with a live cluster, which is only read. */
final class ClusterQuestion {
  private static final String ZONE = "topology.kubernetes.io/zone";
  private static final String MAY_NOT = "cannot create resource";
  private static final String LEGACY_ZONE = "failure-domain.beta.kubernetes.io/zone";

  private final ApiClient client;
  private final String namespace;
  private final ClusterReader.Read read;
  private final WhatIf whatIf;

  /**
   * @param namespace of objects that name none
   * @param policy by what pods are packed
   */
  ClusterQuestion(ApiClient client, String namespace, String policy) {
    this.client = client;
    this.namespace = namespace;
    List<ApiObject> nodes = all(Resources.NODES);
    List<ApiObject> pods = all(Resources.PODS);
    read = ClusterReader.read(all(Resources.NAMESPACES), nodes, pods);
    Map<String, WhatIf.Fate> fates = fates(nodes, pods);
    whatIf =
        new WhatIf(
            read.cluster(),
            cluster -> Profiles.standard(SchedulerConfig.NAME, Packings.of(policy, cluster)),
            pod -> fates.getOrDefault(pod.uid(), WhatIf.Fate.REPLACED));
    all(Resources.POD_DISRUPTION_BUDGETS)
        .forEach(budget -> whatIf.budgets().put(BudgetReader.read(budget)));
  }

  private List<ApiObject> all(ResourceDefinition resource) {
    return client.list(resource, "", ListOptions.ALL).items();
  }

  /** Pods that nobody owns are not made anew; those that their node owns belong to it. */
  private static Map<String, WhatIf.Fate> fates(List<ApiObject> nodes, List<ApiObject> pods) {
    Set<String> nodeUids =
        nodes.stream().map(node -> node.header().uid()).collect(Collectors.toSet());
    return pods.stream()
        .collect(
            Collectors.toMap(
                pod -> pod.header().uid(),
                pod -> {
                  List<String> owners = pod.header().ownerUids();
                  if (owners.stream().anyMatch(nodeUids::contains)) {
                    return WhatIf.Fate.BOUND;
                  }
                  return owners.isEmpty() ? WhatIf.Fate.GONE : WhatIf.Fate.REPLACED;
                }));
  }

  /** Whether the pods of manifests would fit beside what runs, and where. */
  WhatIf.Arrival come(String source, List<ObjectNode> objects) {
    InputReader reader = new InputReader(read.cluster().resources(), namespace);
    List<NodeRecord> nodes =
        read.cluster().nodes().stream()
            .map(Node::record)
            .sorted(Comparator.comparing(NodeRecord::name))
            .toList();
    List<PodRecord> pods = reader.pods(source, objects, nodes, this::admitted);
    if (pods.isEmpty()) {
      throw new CommandException("no pods and no workloads in " + source);
    }
    return whatIf.come(pods);
  }

  /**
   * The pod as the API server would take it in, with what priority classes, runtime classes and
   * limit ranges add. Where this user may not create pods, or the namespace is yet to come, it is
   * taken as it is.
   */
  private ApiObject admitted(ApiObject pod) {
    ObjectNode asked = (ObjectNode) pod.tree();
    ObjectNode metadata = asked.withObject("metadata");
    metadata.put("generateName", metadata.path("name").asText() + "-").remove("name");
    metadata.remove(List.of("uid", "resourceVersion", "creationTimestamp"));
    asked.remove("status");
    asked.withObject("spec").remove("nodeName");
    String path = Resources.PODS.path(pod.key().namespace());
    try {
      byte[] taken =
          client.send(ApiRequest.post(path, Json.bytes(asked)).withQuery("dryRun", "All")).body();
      return Headers.object(Resources.PODS, taken);
    } catch (ApiException e) {
      boolean mayNot = e.code() == 403 && String.valueOf(e.getMessage()).contains(MAY_NOT);
      if (mayNot || e.isNotFound()) {
        return pod;
      }
      throw e; // a quota, for example, or a webhook: the pods would not come to be
    }
  }

  /** What would happen if the nodes of these zones and these nodes failed. */
  WhatIf.Failure fail(List<String> zones, List<String> nodes) {
    Set<String> known = new TreeSet<>();
    read.cluster().nodes().forEach(node -> known.add(String.valueOf(zone(node))));
    known.remove("null");
    zones.forEach(zone -> check("zone", zone, known));
    Set<String> names = new TreeSet<>();
    read.cluster().nodes().forEach(node -> names.add(node.name()));
    nodes.forEach(node -> check("node", node, names));
    Set<String> failing = new HashSet<>(zones);
    return whatIf.fail(
        node -> nodes.contains(node.name()) || failing.contains(String.valueOf(zone(node))));
  }

  private static void check(String what, String name, Set<String> known) {
    if (known.contains(name)) {
      return;
    }
    String hint =
        Nearest.to(name, known)
            .map(found -> ": did you mean " + found + "?")
            .orElse(known.isEmpty() ? ": no node is in one" : ": there are " + some(known));
    throw new CommandException("no " + what + " " + name + hint);
  }

  private static String some(Set<String> names) {
    String first = names.stream().limit(10).collect(Collectors.joining(", "));
    return names.size() > 10 ? first + " and " + (names.size() - 10) + " more" : first;
  }

  private static @Nullable String zone(Node node) {
    String zone = node.labels().get(ZONE);
    return zone == null ? node.labels().get(LEGACY_ZONE) : zone;
  }

  int nodes() {
    return read.cluster().size();
  }
}
