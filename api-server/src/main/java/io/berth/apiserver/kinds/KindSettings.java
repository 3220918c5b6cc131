package io.berth.apiserver.kinds;

/**
 * What a cluster's operator decides about the kinds. The same for all API servers of a cluster.
 *
 * @param serviceNetwork where cluster IPs come from
 * @param nodePorts where node ports come from
 */
public record KindSettings(AddressRange serviceNetwork, PortRange nodePorts) {
  public static KindSettings defaults() {
    return new KindSettings(AddressRange.parse("10.96.0.0/16"), PortRange.parse("30000-32767"));
  }
}
