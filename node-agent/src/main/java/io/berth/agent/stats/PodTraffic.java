package io.berth.agent.stats;

import io.berth.agent.cgroup.CgroupTree;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What pods send and receive: read in the network of one of their processes, or, of a machine, at
 * the node's end of its line. Pods with the node's network have none of their own. Safe for use by
 * many threads.
 */
final class PodTraffic {
  private final CgroupTree tree;
  private final ProcFiles proc;
  private final Map<String, Long> processes = new ConcurrentHashMap<>();

  PodTraffic(CgroupTree tree, ProcFiles proc) {
    this.tree = tree;
    this.proc = proc;
  }

  List<ProcFiles.Traffic> of(Sample.OfPod pod) {
    String id = pod.sandbox().id();
    String device = pod.driver().networkDevice(id);
    if (device != null) {
      return proc.devices().stream()
          .filter(traffic -> traffic.name().equals(device))
          .map(traffic -> traffic.reversed("eth0"))
          .toList();
    }
    Long known = processes.get(id);
    List<ProcFiles.Traffic> found = known == null ? List.of() : proc.devices(known);
    if (!found.isEmpty()) {
      return found;
    }
    long pid = tree.number("memory", pod.group() + "/" + id, "cgroup.procs");
    if (pid <= 0) {
      return List.of();
    }
    processes.put(id, pid);
    return proc.devices(pid);
  }

  void retain(Set<String> sandboxes) {
    processes.keySet().retainAll(sandboxes);
  }
}
