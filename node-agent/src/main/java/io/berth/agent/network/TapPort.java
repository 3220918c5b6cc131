package io.berth.agent.network;

/**
 * A machine's place on the node's bridge.
 *
 * @param device the tap's name on the node; persistent, so that QEMU opens it by name
 * @param mac the address that the machine's card is to have
 * @param address the machine's IPv4 address
 * @param prefixLength bits of the network
 * @param gateway the bridge's address
 * @param mtu in bytes
 */
public record TapPort(
    String device, String mac, String address, int prefixLength, String gateway, int mtu) {}
