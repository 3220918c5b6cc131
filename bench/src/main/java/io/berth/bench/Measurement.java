package io.berth.bench;

import io.berth.api.time.Environment;
import java.util.List;

/** One running measurement: taken at its beginning, closed at its end. */
final class Measurement {
  private final Environment environment;
  private final List<Long> serverPids;
  private final long begin;
  private final long serverCpu;
  private final long clientCpu;

  Measurement(Environment environment, List<Long> serverPids) {
    this.environment = environment;
    this.serverPids = serverPids;
    this.begin = environment.clock().nanos();
    this.serverCpu = CpuTime.nanos(serverPids);
    this.clientCpu = CpuTime.own();
  }

  Result end(String name, long operations, Latencies latencies, String note) {
    return new Result(
        name,
        operations,
        (environment.clock().nanos() - begin) / 1e9,
        latencies.millis(0.5),
        latencies.millis(0.9),
        latencies.millis(0.99),
        CpuTime.nanos(serverPids) - serverCpu,
        CpuTime.own() - clientCpu,
        CpuTime.residentBytes(serverPids),
        note);
  }
}
