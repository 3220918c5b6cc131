package io.berth.apiserver.server;

import com.sun.management.UnixOperatingSystemMXBean;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** What the process costs: {@code process_*} as every Prometheus client names it, and the JVM's. */
public final class ProcessMetrics implements MeterBinder {
  private static final Path STATUS = Path.of("/proc/self/status");

  @Override
  public void bindTo(MeterRegistry registry) {
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
      FunctionCounter.builder(
              "process_cpu_seconds_total",
              system,
              bean -> bean.getProcessCpuTime() / (double) TimeUnit.SECONDS.toNanos(1))
          .description("User and system CPU time")
          .register(registry);
      Gauge.builder("process_open_fds", system, bean -> bean.getOpenFileDescriptorCount())
          .description("Open file descriptors")
          .register(registry);
      Gauge.builder("process_max_fds", system, bean -> bean.getMaxFileDescriptorCount())
          .description("Most file descriptors that may be open")
          .register(registry);
    }
    Gauge.builder("process_resident_memory_bytes", ProcessMetrics::residentBytes)
        .description("Resident memory")
        .register(registry);
    double startSeconds = ManagementFactory.getRuntimeMXBean().getStartTime() / 1000.0;
    Gauge.builder("process_start_time_seconds", () -> startSeconds)
        .description("When the process started, since the epoch")
        .register(registry);
  }

  /** Not a number where the system does not say. */
  private static double residentBytes() {
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith("VmRSS:")) {
          String kib = line.substring("VmRSS:".length(), line.length() - "kB".length()).strip();
          return Long.parseLong(kib) * 1024.0;
        }
      }
    } catch (IOException | NumberFormatException e) {
      // Another system than Linux.
    }
    return Double.NaN;
  }
}
