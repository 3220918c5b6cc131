package io.berth.agent.stats;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.cgroup.CgroupReader;
import io.berth.agent.cgroup.PodCgroups;
import io.berth.agent.pod.PodAgent;
import io.berth.agent.pod.PodPaths;
import io.berth.api.time.Environment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The node's figures: looks each few seconds ({@link #step}), and writes the pages that others read
 * from what was seen last. Safe for use by many threads.
 */
public final class NodeStats {
  private static final Duration FRESH = Duration.ofSeconds(2);

  private final Environment environment;
  private final String nodeName;
  private final Sampler sampler;
  private final PodCgroups groups;
  private final ProcFiles proc;
  private final PodTraffic traffic;
  private final LocalStorage storage;
  private final PodAgent pods;
  private final Path disk;
  private final int cpus;

  /**
   * @param proc usually {@code /proc}
   * @param disk a path on the disk that pods use
   * @param cpus of the machine
   */
  public NodeStats(
      Environment environment,
      String nodeName,
      PodCgroups groups,
      Path proc,
      PodAgent pods,
      Path disk,
      int cpus) {
    this.environment = environment;
    this.nodeName = nodeName;
    this.groups = groups;
    this.proc = new ProcFiles(proc);
    this.sampler = new Sampler(environment, groups, this.proc, pods.view(), pods::known);
    this.traffic = new PodTraffic(groups.tree(), this.proc);
    this.storage = new LocalStorage(environment, new PodPaths(disk), pods::volumes);
    this.pods = pods;
    this.disk = disk;
    this.cpus = cpus;
  }

  /** Looks, and gives the classes of service what their pods ask for now. */
  public Sample step() {
    Sample sample = sampler.step();
    groups.sweep(pods.claims());
    Set<String> sandboxes =
        sample.pods().values().stream()
            .map(pod -> pod.sandbox().id())
            .collect(Collectors.toUnmodifiableSet());
    traffic.retain(sandboxes);
    storage.retain(sample.pods().keySet());
    return sample;
  }

  /** What was seen last. */
  public Sample last() {
    return sampler.last();
  }

  /** What is seen now, or was a moment ago. */
  private Sample fresh() {
    Sample last = sampler.last();
    Duration age = Duration.between(last.at(), environment.clock().now());
    return age.compareTo(FRESH) < 0 && sampler.current() ? last : sampler.step();
  }

  public LocalStorage storage() {
    return storage;
  }

  public ProcFiles proc() {
    return proc;
  }

  /** How full the disk is that pods use. */
  public FileSystem disk() {
    return FileSystem.of(disk);
  }

  /**
   * {@code /stats/summary}.
   *
   * @param brief CPU and memory alone
   */
  public ObjectNode summary(boolean brief) {
    FileSystem on = brief ? FileSystem.UNKNOWN : disk();
    SummaryDocument.Sources from =
        new SummaryDocument.Sources(
            nodeName, proc, traffic, storage, on, pods::known, pods::volumes);
    return new SummaryDocument(from, fresh(), brief).build();
  }

  /** {@code /stats/usage}. */
  public ObjectNode usage() {
    return UsageDocument.of(sampler.last());
  }

  /** {@code /metrics/resource}. */
  public String resources() {
    return ResourcePage.of(fresh());
  }

  /** {@code /metrics/cadvisor}. */
  public String cadvisor() {
    CadvisorPage.Sources from =
        new CadvisorPage.Sources(new CgroupReader(groups.tree()), traffic, storage, disk(), cpus);
    return CadvisorPage.of(from, fresh(), groups.top(), proc.devices(), proc.memoryTotal());
  }

  /** The part of {@code /metrics} that tells of volumes. */
  public String volumes() {
    return VolumePage.of(sampler.last(), pods::known, pods::volumes);
  }
}
