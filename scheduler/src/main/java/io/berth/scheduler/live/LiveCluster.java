package io.berth.scheduler.live;

import io.berth.api.object.ApiObject;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.client.ApiClient;
import io.berth.client.ListOptions;
import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.gang.Gangs;
import io.berth.scheduler.gang.PodGroupRecord;
import io.berth.scheduler.loop.SchedulerConfig;
import io.berth.scheduler.reader.NodeReader;
import io.berth.scheduler.reader.PodReader;
import io.berth.scheduler.reader.StorageReader;
import io.berth.scheduler.volume.Storage;
import java.util.List;

/**
 * The scheduler's model of a cluster, read from its API server once. Not safe for use by several
 * threads.
 *
 * @param config by what the cluster's scheduler decides
 * @param cluster the nodes with the pods on them
 * @param storage claims and volumes
 * @param gangs the pod groups, with their pods that wait too
 * @param nodes as the API server told them
 * @param pods as the API server told them
 * @param reader reads further pods in the model's terms
 */
public record LiveCluster(
    SchedulerConfig config,
    Cluster cluster,
    Storage storage,
    Gangs gangs,
    List<ApiObject> nodes,
    List<ApiObject> pods,
    PodReader reader) {
  /** Reads all that decisions depend on. */
  public static LiveCluster read(ApiClient client) {
    SchedulerConfig config = RunningConfig.of(client);
    ResourceIndex resources = new ResourceIndex();
    LiveCluster live =
        new LiveCluster(
            config,
            new Cluster(resources),
            storage(client),
            new Gangs(),
            all(client, Resources.NODES),
            all(client, Resources.PODS),
            new PodReader(resources, config.defaultSpread()));
    for (ApiObject namespace : all(client, Resources.NAMESPACES)) {
      live.cluster.neighbours().putNamespace(namespace.key().name(), namespace.header().labels());
    }
    for (ApiObject group : all(client, Resources.POD_GROUPS)) {
      live.gangs.putGroup(PodGroupRecord.of(group), false);
    }
    NodeReader nodeReader = new NodeReader(resources);
    live.nodes.forEach(node -> live.cluster.putNode(nodeReader.read(node)));
    live.pods.forEach(live::put);
    return live;
  }

  private static List<ApiObject> all(ApiClient client, ResourceDefinition resource) {
    return client.list(resource, "", ListOptions.ALL).items();
  }

  private void put(ApiObject object) {
    String phase = object.header().fields().getOrDefault("status.phase", "");
    if (phase.equals("Failed")) {
      return;
    }
    PodRecord pod = record(object);
    if (phase.equals("Succeeded")) {
      gangs.putBound(pod); // it has done its part beside the others
    } else if (!pod.nodeName().isEmpty()) {
      cluster.putBound(pod);
      gangs.putBound(pod);
    } else if (!object.header().deleting() && pod.details().obstacles().none()) {
      gangs.putWaiting(pod);
      String nominated = pod.details().nominatedNode();
      if (!nominated.isEmpty()) {
        cluster.nominations().put(pod, nominated, new int[0]);
      }
    }
  }

  /** The pod in the model's terms, with the priority that counts for it. */
  public PodRecord record(ApiObject pod) {
    return gangs.ranked(reader.read(pod));
  }

  private static Storage storage(ApiClient client) {
    Storage storage = new Storage();
    for (ApiObject type : all(client, Resources.STORAGE_CLASSES)) {
      storage.put(StorageReader.storageClass(type));
    }
    for (ApiObject volume : all(client, Resources.PERSISTENT_VOLUMES)) {
      storage.put(StorageReader.volume(volume));
    }
    for (ApiObject claim : all(client, Resources.PERSISTENT_VOLUME_CLAIMS)) {
      storage.put(StorageReader.claim(claim));
    }
    for (ApiObject node : all(client, Resources.CSI_NODES)) {
      storage.putLimits(node.key().name(), StorageReader.limits(node));
    }
    for (ApiObject driver : all(client, Resources.CSI_DRIVERS)) {
      storage.putDriver(driver.key().name(), StorageReader.countsSpace(driver));
    }
    for (ApiObject capacity : all(client, Resources.CSI_STORAGE_CAPACITIES)) {
      storage.put(StorageReader.capacity(capacity));
    }
    return storage;
  }
}
