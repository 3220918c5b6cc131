package io.berth.apiserver.kinds;

import java.util.random.RandomGenerator;

/**
 * The cluster IPs of services: an IPv4 network without its first and last address. Immutable.
 *
 * @param network the network's address, as a number
 * @param bits length of the prefix, 12 to 28
 */
public record AddressRange(int network, int bits) {
  /**
   * Reads {@code 10.96.0.0/16}.
   *
   * @throws IllegalArgumentException it is no such network
   */
  public static AddressRange parse(String cidr) {
    int slash = cidr.indexOf('/');
    int bits = slash < 0 ? -1 : Integer.parseInt(cidr.substring(slash + 1));
    if (bits < 12 || bits > 28) {
      throw new IllegalArgumentException(
          "service network " + cidr + ": the prefix must have 12 to 28 bits");
    }
    int mask = -1 << (32 - bits);
    return new AddressRange(number(cidr.substring(0, slash)) & mask, bits);
  }

  /** The address that the API server's own service has. */
  public String first() {
    return address(1);
  }

  /** The address at a place in the range, 1 being the first. */
  String address(int place) {
    return text(network + place);
  }

  boolean contains(String address) {
    if (!isAddress(address)) {
      return false;
    }
    int offset = number(address) - network;
    return offset > 0 && offset < size() - 1;
  }

  /**
   * An address to try: by chance from all but the lowest, which are left to those who ask for one
   * by name.
   */
  String random(RandomGenerator random) {
    int reserved = Math.min(Math.max(16, size() / 16), 256);
    return text(network + reserved + random.nextInt(size() - 1 - reserved));
  }

  /** All addresses, for when chance finds none. */
  Iterable<String> all() {
    return () ->
        java.util.stream.IntStream.range(1, size() - 1).mapToObj(i -> text(network + i)).iterator();
  }

  private int size() {
    return 1 << (32 - bits);
  }

  static boolean isAddress(String text) {
    try {
      number(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static int number(String address) {
    String[] parts = address.split("\\.", -1);
    if (parts.length != 4) {
      throw new IllegalArgumentException("not an IPv4 address: " + address);
    }
    int number = 0;
    for (String part : parts) {
      if (part.isEmpty() || part.length() > 3 || (part.length() > 1 && part.startsWith("0"))) {
        throw new IllegalArgumentException("not an IPv4 address: " + address);
      }
      int octet = Integer.parseInt(part);
      if (octet < 0 || octet > 255) {
        throw new IllegalArgumentException("not an IPv4 address: " + address);
      }
      number = number << 8 | octet;
    }
    return number;
  }

  private static String text(int number) {
    return (number >>> 24)
        + "."
        + (number >>> 16 & 255)
        + "."
        + (number >>> 8 & 255)
        + "."
        + (number & 255);
  }

  @Override
  public String toString() {
    return text(network) + "/" + bits;
  }
}
