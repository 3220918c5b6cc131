package io.berth.agent.runtime.fake;

import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import io.berth.agent.runtime.RuntimeDriver.SandboxSpec;
import io.berth.agent.runtime.RuntimeDriver.SandboxState;
import java.time.Instant;
import java.util.List;

/** A sandbox of a {@link FakeDriver}, which guards it. */
final class FakeSandbox {
  private final String id;
  private final SandboxSpec spec;
  private final String ip;
  private final Instant createdAt;
  private SandboxState state = SandboxState.READY;

  FakeSandbox(String id, SandboxSpec spec, String ip, Instant createdAt) {
    this.id = id;
    this.spec = spec;
    this.ip = ip;
    this.createdAt = createdAt;
  }

  String id() {
    return id;
  }

  SandboxSpec spec() {
    return spec;
  }

  SandboxState state() {
    return state;
  }

  void stop() {
    state = SandboxState.NOT_READY;
  }

  Sandbox view() {
    return new Sandbox(
        id,
        spec.namespace(),
        spec.name(),
        spec.uid(),
        spec.attempt(),
        state,
        spec.hostNetwork() || state == SandboxState.NOT_READY ? List.of() : List.of(ip),
        createdAt,
        spec.labels(),
        spec.annotations());
  }
}
