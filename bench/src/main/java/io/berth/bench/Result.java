package io.berth.bench;

import java.util.Locale;

/**
 * What one benchmark measured.
 *
 * @param name the benchmark
 * @param operations how many operations it was
 * @param seconds how long they took together
 * @param p50Millis median latency of an operation
 * @param p90Millis latency that 90 of 100 operations did not exceed
 * @param p99Millis latency that 99 of 100 operations did not exceed
 * @param serverCpuNanos CPU time of the server's processes, 0 where they are not known
 * @param clientCpuNanos CPU time of the load generator
 * @param serverBytes resident memory of the server's processes at its end, 0 where they are not
 *     known
 * @param note what else is worth knowing
 */
record Result(
    String name,
    long operations,
    double seconds,
    double p50Millis,
    double p90Millis,
    double p99Millis,
    long serverCpuNanos,
    long clientCpuNanos,
    long serverBytes,
    String note) {
  static final String HEAD =
      String.format(
          Locale.ROOT,
          "%-16s %9s %10s %9s %9s %9s %13s %13s %11s  %s",
          "BENCHMARK",
          "OPS",
          "OPS/S",
          "P50 MS",
          "P90 MS",
          "P99 MS",
          "SERVER MS/OP",
          "CLIENT MS/OP",
          "SERVER MIB",
          "NOTE");

  double rate() {
    return operations / seconds;
  }

  String row() {
    return String.format(
        Locale.ROOT,
        "%-16s %9d %10.0f %9.2f %9.2f %9.2f %13s %13.4f %11s  %s",
        name,
        operations,
        rate(),
        p50Millis,
        p90Millis,
        p99Millis,
        serverCpuNanos == 0
            ? "-"
            : String.format(Locale.ROOT, "%.4f", serverCpuNanos / 1e6 / operations),
        clientCpuNanos / 1e6 / operations,
        serverBytes == 0 ? "-" : Long.toString(serverBytes >> 20),
        note);
  }
}
