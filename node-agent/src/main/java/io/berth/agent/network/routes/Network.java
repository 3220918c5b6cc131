package io.berth.agent.network.routes;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * A network of either family.
 *
 * @param base its first address
 */
record Network(InetAddress base, int prefixLength) {
  /**
   * @param cidr such as {@code 10.244.0.0/24} or {@code fd00:1::/64}; bits behind the prefix do not
   *     count
   * @throws IllegalArgumentException it is none
   */
  static Network parse(String cidr) {
    int slash = cidr.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException("\"" + cidr + "\" is no network such as 10.244.0.0/24");
    }
    InetAddress address = InetAddress.ofLiteral(cidr.substring(0, slash));
    return of(address, Integer.parseInt(cidr.substring(slash + 1)));
  }

  static Network of(InetAddress address, int prefixLength) {
    byte[] bytes = address.getAddress();
    int bits = bytes.length * 8;
    if (prefixLength < 0 || prefixLength > bits) {
      throw new IllegalArgumentException(
          "a prefix has 0 to " + bits + " bits, not " + prefixLength);
    }
    int rest = bits - prefixLength;
    byte[] base = new BigInteger(1, bytes).shiftRight(rest).shiftLeft(rest).toByteArray();
    byte[] whole = new byte[bytes.length];
    int from = Math.max(0, base.length - whole.length);
    System.arraycopy(base, from, whole, whole.length - (base.length - from), base.length - from);
    try {
      return new Network(InetAddress.getByAddress(whole), prefixLength);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }

  boolean contains(InetAddress address) {
    return isV4() == (address.getAddress().length == 4) && of(address, prefixLength).equals(this);
  }

  boolean isV4() {
    return base.getAddress().length == 4;
  }

  String baseText() {
    return base.getHostAddress();
  }

  String text() {
    return baseText() + "/" + prefixLength;
  }
}
