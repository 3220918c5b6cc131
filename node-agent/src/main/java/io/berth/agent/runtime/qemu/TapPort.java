package io.berth.agent.runtime.qemu;

/**
 * Where a machine's network card is plugged in: a tap device on the node's pod bridge, its address
 * from the same pool as every container's. Safe for use by many threads.
 */
public interface TapPort {
  /**
   * A tap device that exists and is up, and what the guest has to know of its network.
   *
   * @param device the tap's name on the node
   * @param mac the card's hardware address, {@code 02:..}
   * @param address the pod's IPv4 address
   * @param prefixLength of the pod network, in bits
   * @param gateway the default route
   * @param mtu in bytes
   */
  record Tap(
      String device, String mac, String address, int prefixLength, String gateway, int mtu) {}

  /**
   * Makes a tap for a machine and reserves an address.
   *
   * @param id the machine's id; attaching it again returns what it has
   * @throws io.berth.agent.runtime.RuntimeDriverException there is no address or no tap to be had
   */
  Tap attach(String id);

  /** The name of a machine's tap on the node, there or not. */
  String device(String id);

  /** Deletes the tap and gives the address back. What is gone already is no error. */
  void release(String id);
}
