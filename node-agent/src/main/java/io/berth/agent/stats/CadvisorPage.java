package io.berth.agent.stats;

import io.berth.agent.cgroup.CgroupDetails;
import io.berth.agent.cgroup.CgroupReader;
import io.berth.agent.cgroup.CgroupUsage;
import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import java.time.Instant;
import java.util.List;

/** {@code /metrics/cadvisor}: names and labels that dashboards read, one series a control group. */
final class CadvisorPage {
  private static final double NANOS = 1e9;

  /** What the page is made from. */
  record Sources(
      CgroupReader reader, PodTraffic traffic, LocalStorage storage, FileSystem disk, int cpus) {}

  private final Sources from;
  private final Sample sample;
  private final MetricPage page = CadvisorFamilies.page();

  private CadvisorPage(Sources from, Sample sample) {
    this.from = from;
    this.sample = sample;
  }

  static String of(
      Sources from,
      Sample sample,
      String kubepods,
      List<ProcFiles.Traffic> devices,
      long machineMemory) {
    CadvisorPage it = new CadvisorPage(from, sample);
    String root = labels("", "/", "", "", "", "");
    it.group(root, sample.node(), "");
    devices.forEach(device -> it.traffic(root, device));
    it.whole(kubepods);
    for (Sample.OfPod pod : Order.of(sample)) {
      it.pod(pod);
    }
    it.page.add("machine_cpu_cores", "", from.cpus(), -1);
    it.page.add("machine_memory_bytes", "", machineMemory, -1);
    it.page.add("container_scrape_error", "", 0, -1);
    return it.page.text();
  }

  private static String labels(
      String container, String id, String image, String name, String namespace, String pod) {
    return MetricPage.labels(
        "container",
        container,
        "id",
        id,
        "image",
        image,
        "name",
        name,
        "namespace",
        namespace,
        "pod",
        pod);
  }

  private static String with(String labels, String... more) {
    String added = MetricPage.labels(more);
    return labels.substring(0, labels.length() - 1) + "," + added.substring(1);
  }

  private void whole(String kubepods) {
    CgroupUsage usage = from.reader().usage(kubepods);
    if (usage != null) {
      Sample.Use use = new Sample.Use(sample.at(), usage, -1, 0);
      group(labels("", kubepods, "", "", "", ""), use, kubepods);
    }
  }

  private void pod(Sample.OfPod pod) {
    Sandbox sandbox = pod.sandbox();
    Sample.Use use = pod.use();
    if (use != null) {
      group(labels("", pod.group(), "", "", sandbox.namespace(), sandbox.name()), use, pod.group());
    }
    String own = pod.group() + "/" + sandbox.id();
    String pause = labels("", own, "pause", sandbox.id(), sandbox.namespace(), sandbox.name());
    from.traffic().of(pod).forEach(device -> traffic(pause, device));
    LocalStorage.OfPod disk = from.storage().of(pod, LocalStorage.RELAXED);
    for (Sample.OfContainer one : pod.containers()) {
      container(sandbox, one, pod.group(), disk.layers().get(one.container().id()));
    }
  }

  private void container(
      Sandbox sandbox,
      Sample.OfContainer one,
      String podGroup,
      @org.jspecify.annotations.Nullable DiskUse layer) {
    Container container = one.container();
    String id = one.group().isEmpty() ? podGroup + "/" + container.id() : one.group();
    String labels =
        labels(
            container.name(),
            id,
            container.image(),
            container.id(),
            sandbox.namespace(),
            sandbox.name());
    group(labels, one.use(), one.group());
    Instant started = container.startedAt();
    if (started != null) {
      page.add("container_start_time_seconds", labels, started.getEpochSecond(), -1);
    }
    if (layer != null) {
      String device = with(labels, "device", "");
      page.add("container_fs_usage_bytes", device, layer.bytes(), -1);
      page.add("container_fs_limit_bytes", device, from.disk().capacity(), -1);
      page.add("container_fs_inodes_free", device, from.disk().inodesFree(), -1);
      page.add("container_fs_inodes_total", device, from.disk().inodes(), -1);
    }
  }

  /** What is not known is not told. */
  private void add(String name, String labels, double value, long millis) {
    if (value >= 0) {
      page.add(name, labels, value, millis);
    }
  }

  private void add(String name, String labels, long value, long millis) {
    add(name, labels, (double) value, millis);
  }

  private void group(String labels, Sample.Use use, String group) {
    long at = use.at().toEpochMilli();
    CgroupUsage usage = use.usage();
    add(
        "container_cpu_usage_seconds_total",
        with(labels, "cpu", "total"),
        usage.cpuNanos() / NANOS,
        at);
    add("container_memory_usage_bytes", labels, usage.memory(), at);
    add("container_memory_working_set_bytes", labels, usage.workingSet(), at);
    add("container_memory_rss", labels, usage.rss(), at);
    add("container_memory_cache", labels, usage.cache(), at);
    add("container_memory_mapped_file", labels, usage.mapped(), at);
    add("container_memory_swap", labels, usage.swap(), at);
    faults(labels, "pgfault", usage.pageFaults(), at);
    faults(labels, "pgmajfault", usage.majorFaults(), at);
    add("container_last_seen", labels, sample.at().getEpochSecond(), at);
    if (!group.isEmpty()) {
      details(labels, from.reader().details(group));
    }
  }

  private void faults(String labels, String type, long count, long at) {
    add(
        "container_memory_failures_total",
        with(labels, "failure_type", type, "scope", "hierarchy"),
        count,
        at);
  }

  private void details(String labels, CgroupDetails d) {
    add("container_cpu_user_seconds_total", labels, d.userNanos() / NANOS, -1);
    add("container_cpu_system_seconds_total", labels, d.systemNanos() / NANOS, -1);
    if (d.quotaMicros() > 0) {
      add("container_cpu_cfs_periods_total", labels, d.periods(), -1);
      add("container_cpu_cfs_throttled_periods_total", labels, d.throttledPeriods(), -1);
      add("container_cpu_cfs_throttled_seconds_total", labels, d.throttledNanos() / NANOS, -1);
      add("container_spec_cpu_quota", labels, d.quotaMicros(), -1);
    }
    add("container_spec_cpu_period", labels, d.periodMicros(), -1);
    add("container_spec_cpu_shares", labels, d.shares(), -1);
    add("container_spec_memory_limit_bytes", labels, d.memoryLimit(), -1);
    add("container_spec_memory_reservation_limit_bytes", labels, d.memoryReservation(), -1);
    add("container_spec_memory_swap_limit_bytes", labels, d.swapLimit(), -1);
    add("container_memory_max_usage_bytes", labels, d.maxMemory(), -1);
    add("container_memory_failcnt", labels, d.memoryFailures(), -1);
    add("container_oom_events_total", labels, d.oomKills(), -1);
    add("container_processes", labels, d.processes(), -1);
    add("container_threads", labels, d.threads(), -1);
    add("container_threads_max", labels, d.maxThreads(), -1);
    String device = with(labels, "device", "");
    add("container_fs_reads_bytes_total", device, d.readBytes(), -1);
    add("container_fs_writes_bytes_total", device, d.writtenBytes(), -1);
    add("container_fs_reads_total", device, d.reads(), -1);
    add("container_fs_writes_total", device, d.writes(), -1);
  }

  private void traffic(String labels, ProcFiles.Traffic device) {
    String own = with(labels, "interface", device.name());
    page.add("container_network_receive_bytes_total", own, device.rxBytes(), -1);
    page.add("container_network_receive_packets_total", own, device.rxPackets(), -1);
    page.add("container_network_receive_errors_total", own, device.rxErrors(), -1);
    page.add("container_network_receive_packets_dropped_total", own, device.rxDropped(), -1);
    page.add("container_network_transmit_bytes_total", own, device.txBytes(), -1);
    page.add("container_network_transmit_packets_total", own, device.txPackets(), -1);
    page.add("container_network_transmit_errors_total", own, device.txErrors(), -1);
    page.add("container_network_transmit_packets_dropped_total", own, device.txDropped(), -1);
  }
}
