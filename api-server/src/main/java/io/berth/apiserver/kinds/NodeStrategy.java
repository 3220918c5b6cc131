package io.berth.apiserver.kinds;

import io.berth.apiserver.registry.Strategy;

/** Nodes: an agent announces its node with what it has. */
final class NodeStrategy implements Strategy {
  @Override
  public boolean createsStatus() {
    return true;
  }
}
