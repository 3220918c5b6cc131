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
import io.berth.scheduler.decide.Profile;
import io.berth.scheduler.gang.PodGroupRecord;
import io.berth.scheduler.live.LiveCluster;
import io.berth.scheduler.packing.Packings;
import io.berth.scheduler.reader.BudgetReader;
import io.berth.scheduler.reader.StorageReader;
import io.berth.scheduler.simulate.InputReader;
import io.berth.scheduler.simulate.StatefulClaims;
import io.berth.scheduler.simulate.WhatIf;
import io.berth.scheduler.volume.VolumeRules;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
  private final LiveCluster live;
  private final WhatIf whatIf;

  /**
   * @param namespace of objects that name none
   * @param policy by what pods are packed; null as the cluster's scheduler packs them
   * @param pushes whether pods may push out others of lower priority
   */
  ClusterQuestion(ApiClient client, String namespace, @Nullable String policy, boolean pushes) {
    this.client = client;
    this.namespace = namespace;
    live = LiveCluster.read(client);
    Map<String, WhatIf.Fate> fates = fates(live.nodes(), live.pods());
    whatIf =
        new WhatIf(
            live.cluster(),
            profiles(live, policy),
            new VolumeRules(live.cluster(), live.storage()),
            live.gangs(),
            pushes,
            pod -> fates.getOrDefault(pod.uid(), InputReader.fate(pod)));
    client
        .list(Resources.POD_DISRUPTION_BUDGETS, "", ListOptions.ALL)
        .items()
        .forEach(budget -> whatIf.budgets().put(BudgetReader.read(budget)));
  }

  private static List<Profile> profiles(LiveCluster live, @Nullable String policy) {
    List<Profile> profiles = live.config().profiles(live.cluster());
    return policy == null
        ? profiles
        : profiles.stream()
            .map(profile -> profile.withPacking(Packings.of(policy, live.cluster())))
            .toList();
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
    objects.forEach(this::bring);
    InputReader reader =
        new InputReader(live.cluster().resources(), namespace, live.config().defaultSpread());
    List<NodeRecord> nodes =
        live.cluster().nodes().stream()
            .map(Node::record)
            .sorted(Comparator.comparing(NodeRecord::name))
            .toList();
    List<PodRecord> pods = reader.pods(source, objects, nodes, this::admitted);
    if (pods.isEmpty()) {
      throw new CommandException("no pods and no workloads in " + source);
    }
    return whatIf.come(pods);
  }

  /** Takes in what comes with the pods of a manifest, where the cluster has none of its name. */
  private void bring(ObjectNode object) {
    switch (object.path("kind").asText()) {
      case "PodGroup" ->
          added(Resources.POD_GROUPS, object)
              .ifPresent(group -> live.gangs().putGroup(PodGroupRecord.of(group), false));
      case "PersistentVolumeClaim" ->
          added(Resources.PERSISTENT_VOLUME_CLAIMS, object)
              .ifPresent(claim -> live.storage().put(StorageReader.claim(claim)));
      case "StatefulSet" -> StatefulClaims.made(object).forEach(this::bring);
      case "PersistentVolume" ->
          added(Resources.PERSISTENT_VOLUMES, object)
              .ifPresent(volume -> live.storage().put(StorageReader.volume(volume)));
      case "StorageClass" ->
          added(Resources.STORAGE_CLASSES, object)
              .ifPresent(type -> live.storage().put(StorageReader.storageClass(type)));
      default -> {}
    }
  }

  /** An object as the API server would take it in; empty where there is one of its name. */
  private Optional<ApiObject> added(ResourceDefinition resource, ObjectNode given) {
    ObjectNode object = given.deepCopy();
    ObjectNode metadata = object.withObject("metadata");
    if (resource.namespaced() && metadata.path("namespace").asText("").isEmpty()) {
      metadata.put("namespace", namespace);
    }
    metadata.remove(List.of("uid", "resourceVersion", "creationTimestamp"));
    String path = resource.path(metadata.path("namespace").asText(""));
    try {
      ObjectNode taken =
          (ObjectNode)
              Json.parse(
                  client
                      .send(ApiRequest.post(path, Json.bytes(object)).withQuery("dryRun", "All"))
                      .body());
      if (resource.equals(Resources.PERSISTENT_VOLUMES)) {
        taken.withObject("status").put("phase", "Available"); // as it will be said before long
      }
      return Optional.of(Headers.object(resource, Json.bytes(taken)));
    } catch (ApiException e) {
      if (e.isAlreadyExists()) {
        return Optional.empty();
      }
      if (mayNot(e)) {
        return Optional.of(Headers.object(resource, Json.bytes(object)));
      }
      throw e;
    }
  }

  private static boolean mayNot(ApiException e) {
    return e.isNotFound() || (e.code() == 403 && String.valueOf(e.getMessage()).contains(MAY_NOT));
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
      if (mayNot(e)) {
        return pod;
      }
      throw e; // a quota, for example, or a webhook: the pods would not come to be
    }
  }

  /** What would happen if the nodes of these zones and these nodes failed. */
  WhatIf.Failure fail(List<String> zones, List<String> nodes) {
    Set<String> known = new TreeSet<>();
    live.cluster().nodes().forEach(node -> known.add(String.valueOf(zone(node))));
    known.remove("null");
    zones.forEach(zone -> check("zone", zone, known));
    Set<String> names = new TreeSet<>();
    live.cluster().nodes().forEach(node -> names.add(node.name()));
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
    return live.cluster().size();
  }
}
