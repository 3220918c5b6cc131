package io.berth.scheduler.core;

/** A port of the node that a pod asks for; an address of {@code 0.0.0.0} stands for all. */
public record HostPort(String address, String protocol, int port) {
  private static final String ANY = "0.0.0.0";

  public boolean conflicts(HostPort other) {
    return port == other.port
        && protocol.equals(other.protocol)
        && (address.equals(ANY) || other.address.equals(ANY) || address.equals(other.address));
  }
}
