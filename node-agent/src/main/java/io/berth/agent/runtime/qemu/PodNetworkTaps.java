package io.berth.agent.runtime.qemu;

import io.berth.agent.network.PodNetwork;

/** Machines' cards on the node's pod network. */
public final class PodNetworkTaps implements TapPort {
  private final PodNetwork network;

  public PodNetworkTaps(PodNetwork network) {
    this.network = network;
  }

  @Override
  public Tap attach(String id) {
    io.berth.agent.network.TapPort port = network.attachTap(id);
    return new Tap(
        port.device(), port.mac(), port.address(), port.prefixLength(), port.gateway(), port.mtu());
  }

  @Override
  public String device(String id) {
    return network.tap(id);
  }

  @Override
  public void release(String id) {
    network.release(id);
  }
}
