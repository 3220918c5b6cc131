package io.berth.agent.network.policy;

import io.berth.agent.network.Family;
import java.math.BigInteger;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Addresses of one family from first to last, both included.
 *
 * @param first as an unsigned number
 * @param last not below the first
 */
record AddressRange(Family family, BigInteger first, BigInteger last) {
  /**
   * Reads an {@code ipBlock}.
   *
   * @param cidr such as {@code 172.17.0.0/16}
   * @param except parts of it that are left out
   * @throws IllegalArgumentException one of them is no network
   */
  static List<AddressRange> of(String cidr, List<String> except) {
    List<AddressRange> left = List.of(network(cidr));
    for (String hole : except) {
      AddressRange without = network(hole);
      left = left.stream().flatMap(range -> range.minus(without).stream()).toList();
    }
    return left;
  }

  /** The same addresses in ranges that neither meet nor overlap, in order. */
  static List<AddressRange> merged(List<AddressRange> ranges) {
    List<AddressRange> merged = new ArrayList<>();
    ranges.stream()
        .sorted(Comparator.comparing(AddressRange::family).thenComparing(AddressRange::first))
        .forEach(
            range -> {
              AddressRange before = merged.isEmpty() ? null : merged.getLast();
              if (before != null && before.meets(range)) {
                BigInteger end = before.last.max(range.last);
                merged.set(merged.size() - 1, new AddressRange(range.family, before.first, end));
              } else {
                merged.add(range);
              }
            });
    return List.copyOf(merged);
  }

  private boolean meets(AddressRange next) {
    return family == next.family && last.add(BigInteger.ONE).compareTo(next.first) >= 0;
  }

  private List<AddressRange> minus(AddressRange hole) {
    if (hole.family != family || hole.last.compareTo(first) < 0 || hole.first.compareTo(last) > 0) {
      return List.of(this);
    }
    List<AddressRange> left = new ArrayList<>();
    if (hole.first.compareTo(first) > 0) {
      left.add(new AddressRange(family, first, hole.first.subtract(BigInteger.ONE)));
    }
    if (hole.last.compareTo(last) < 0) {
      left.add(new AddressRange(family, hole.last.add(BigInteger.ONE), last));
    }
    return left;
  }

  private static AddressRange network(String cidr) {
    int slash = cidr.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException(cidr + " is no network");
    }
    byte[] address = InetAddress.ofLiteral(cidr.substring(0, slash)).getAddress();
    int bits = address.length * Byte.SIZE;
    int prefix = Integer.parseInt(cidr.substring(slash + 1));
    if (prefix < 0 || prefix > bits) {
      throw new IllegalArgumentException(cidr + " is no network");
    }
    BigInteger size = BigInteger.ONE.shiftLeft(bits - prefix);
    BigInteger first = new BigInteger(1, address).divide(size).multiply(size);
    Family family = address.length == 4 ? Family.IPV4 : Family.IPV6;
    return new AddressRange(family, first, first.add(size).subtract(BigInteger.ONE));
  }

  boolean contains(String address) {
    BigInteger number = new BigInteger(1, InetAddress.ofLiteral(address).getAddress());
    return Family.of(address) == family
        && first.compareTo(number) <= 0
        && number.compareTo(last) <= 0;
  }

  /** As an element of a set of nftables. */
  String text() {
    return first.equals(last) ? text(first) : text(first) + "-" + text(last);
  }

  private String text(BigInteger number) {
    List<String> parts = new ArrayList<>();
    boolean v4 = family == Family.IPV4;
    int width = v4 ? 8 : 16;
    for (int shift = v4 ? 24 : 112; shift >= 0; shift -= width) {
      int part = number.shiftRight(shift).intValue() & ((1 << width) - 1);
      parts.add(v4 ? Integer.toString(part) : Integer.toHexString(part));
    }
    return String.join(v4 ? "." : ":", parts);
  }
}
