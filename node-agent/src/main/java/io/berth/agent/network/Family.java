package io.berth.agent.network;

/** A family of addresses, in the words of nftables and of the API. */
public enum Family {
  IPV4("ip", "ipv4_addr", "127.0.0.0/8", "IPv4"),
  IPV6("ip6", "ipv6_addr", "::1", "IPv6");

  /** Of tables, and of header fields. */
  public final String word;

  public final String addressType;
  public final String loopback;

  /** In {@code ipFamilies} and the address type of endpoint slices. */
  public final String apiName;

  Family(String word, String addressType, String loopback, String apiName) {
    this.word = word;
    this.addressType = addressType;
    this.loopback = loopback;
    this.apiName = apiName;
  }

  /** Of an address that the API took. */
  public static Family of(String address) {
    return address.indexOf(':') < 0 ? IPV4 : IPV6;
  }
}
