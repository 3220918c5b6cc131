package io.berth.agent.stats;

import io.berth.agent.pod.PodView;
import io.berth.agent.volumes.PodVolumes;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** {@code kubelet_volume_stats_*} of the claims that pods use, each once. */
final class VolumePage {
  private VolumePage() {}

  static String of(
      Sample sample,
      Function<String, Optional<PodView>> pods,
      Function<String, Map<String, PodVolumes.Ready>> volumes) {
    MetricPage page =
        new MetricPage()
            .family(
                "kubelet_volume_stats_available_bytes",
                "gauge",
                "Number of available bytes in the volume")
            .family(
                "kubelet_volume_stats_capacity_bytes", "gauge", "Capacity in bytes of the volume")
            .family(
                "kubelet_volume_stats_inodes", "gauge", "Maximum number of inodes in the volume")
            .family(
                "kubelet_volume_stats_inodes_free", "gauge", "Number of free inodes in the volume")
            .family(
                "kubelet_volume_stats_inodes_used", "gauge", "Number of used inodes in the volume")
            .family(
                "kubelet_volume_stats_used_bytes", "gauge", "Number of used bytes in the volume");
    Set<String> told = new HashSet<>();
    for (Sample.OfPod pod : Order.of(sample)) {
      String uid = pod.sandbox().uid();
      String namespace = pod.sandbox().namespace();
      for (PodVolume volume : PodVolume.of(pods.apply(uid), volumes.apply(uid))) {
        if (!volume.claim().isEmpty() && told.add(namespace + "/" + volume.claim())) {
          String labels =
              MetricPage.labels("namespace", namespace, "persistentvolumeclaim", volume.claim());
          add(page, labels, FileSystem.of(volume.path()));
        }
      }
    }
    return page.text();
  }

  private static void add(MetricPage page, String labels, FileSystem on) {
    page.add("kubelet_volume_stats_available_bytes", labels, on.available(), -1);
    page.add("kubelet_volume_stats_capacity_bytes", labels, on.capacity(), -1);
    page.add("kubelet_volume_stats_inodes", labels, on.inodes(), -1);
    page.add("kubelet_volume_stats_inodes_free", labels, on.inodesFree(), -1);
    page.add("kubelet_volume_stats_inodes_used", labels, on.inodes() - on.inodesFree(), -1);
    page.add("kubelet_volume_stats_used_bytes", labels, on.used(), -1);
  }
}
