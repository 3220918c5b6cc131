package io.berth.agent.stats;

/** The names that cAdvisor gives its metrics, which dashboards and alerts know. */
final class CadvisorFamilies {
  private static final String FAMILIES =
      """
      container_cpu_usage_seconds_total counter Cumulative cpu time consumed in seconds.
      container_cpu_user_seconds_total counter Cumulative user cpu time consumed in seconds.
      container_cpu_system_seconds_total counter Cumulative system cpu time consumed in seconds.
      container_cpu_cfs_periods_total counter Number of elapsed enforcement period intervals.
      container_cpu_cfs_throttled_periods_total counter Number of throttled period intervals.
      container_cpu_cfs_throttled_seconds_total counter Total time duration the container has been throttled.
      container_memory_usage_bytes gauge Current memory usage in bytes, including all memory regardless of when it was accessed
      container_memory_working_set_bytes gauge Current working set in bytes.
      container_memory_rss gauge Size of RSS in bytes.
      container_memory_cache gauge Number of bytes of page cache memory.
      container_memory_mapped_file gauge Size of memory mapped files in bytes.
      container_memory_swap gauge Container swap usage in bytes.
      container_memory_max_usage_bytes gauge Maximum memory usage recorded in bytes
      container_memory_failcnt counter Number of memory usage hits limits
      container_memory_failures_total counter Cumulative count of memory allocation failures.
      container_oom_events_total counter Count of out of memory events observed for the container
      container_network_receive_bytes_total counter Cumulative count of bytes received
      container_network_receive_packets_total counter Cumulative count of packets received
      container_network_receive_errors_total counter Cumulative count of errors encountered while receiving
      container_network_receive_packets_dropped_total counter Cumulative count of packets dropped while receiving
      container_network_transmit_bytes_total counter Cumulative count of bytes transmitted
      container_network_transmit_packets_total counter Cumulative count of packets transmitted
      container_network_transmit_errors_total counter Cumulative count of errors encountered while transmitting
      container_network_transmit_packets_dropped_total counter Cumulative count of packets dropped while transmitting
      container_fs_usage_bytes gauge Number of bytes that are consumed by the container on this filesystem.
      container_fs_limit_bytes gauge Number of bytes that can be consumed by the container on this filesystem.
      container_fs_inodes_free gauge Number of available Inodes
      container_fs_inodes_total gauge Number of Inodes
      container_fs_reads_bytes_total counter Cumulative count of bytes read
      container_fs_writes_bytes_total counter Cumulative count of bytes written
      container_fs_reads_total counter Cumulative count of reads completed
      container_fs_writes_total counter Cumulative count of writes completed
      container_processes gauge Number of processes running inside the container.
      container_threads gauge Number of threads running inside the container
      container_threads_max gauge Maximum number of threads allowed inside the container, infinity if value is zero
      container_spec_cpu_period gauge CPU period of the container.
      container_spec_cpu_quota gauge CPU quota of the container.
      container_spec_cpu_shares gauge CPU share of the container.
      container_spec_memory_limit_bytes gauge Memory limit for the container.
      container_spec_memory_reservation_limit_bytes gauge Memory reservation limit for the container.
      container_spec_memory_swap_limit_bytes gauge Memory swap limit for the container.
      container_start_time_seconds gauge Start time of the container since unix epoch in seconds.
      container_last_seen gauge Last time a container was seen by the exporter
      container_scrape_error gauge 1 if there was an error while getting container metrics, 0 otherwise
      machine_cpu_cores gauge Number of logical CPU cores.
      machine_memory_bytes gauge Amount of memory installed on the machine.
      """;

  private CadvisorFamilies() {}

  static MetricPage page() {
    MetricPage page = new MetricPage();
    FAMILIES
        .lines()
        .map(line -> line.split(" ", 3))
        .forEach(words -> page.family(words[0], words[1], words[2]));
    return page;
  }
}
