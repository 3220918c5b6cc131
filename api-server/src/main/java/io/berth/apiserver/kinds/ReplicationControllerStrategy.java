package io.berth.apiserver.kinds;

import io.berth.apiserver.registry.Strategy;

/** Replication controllers. */
final class ReplicationControllerStrategy implements Strategy {
  @Override
  public boolean countsGenerations() {
    return true;
  }

  @Override
  public boolean orphansByDefault() {
    return true;
  }
}
