package io.berth.agent.network;

/**
 * An IPv4 network.
 *
 * @param base its first address
 * @param prefixLength bits of the network
 */
record Subnet(int base, int prefixLength) {
  /** A node needs room for itself and a few pods. */
  private static final int LONGEST_PREFIX = 29;

  /**
   * @throws IllegalArgumentException the text is no network such as {@code 10.244.0.0/24}
   */
  static Subnet parse(String cidr) {
    String[] parts = cidr.split("/", -1);
    if (parts.length != 2) {
      throw new IllegalArgumentException("\"" + cidr + "\" is no network such as 10.244.0.0/24");
    }
    int length = number(cidr, parts[1], LONGEST_PREFIX);
    int mask = length == 0 ? 0 : -1 << (32 - length);
    return new Subnet(address(cidr, parts[0]) & mask, length);
  }

  private static int address(String cidr, String text) {
    String[] bytes = text.split("\\.", -1);
    if (bytes.length != 4) {
      throw new IllegalArgumentException("\"" + cidr + "\" is no network such as 10.244.0.0/24");
    }
    int address = 0;
    for (String part : bytes) {
      address = address << 8 | number(cidr, part, 255);
    }
    return address;
  }

  private static int number(String cidr, String text, int highest) {
    if (text.matches("[0-9]{1,3}") && Integer.parseInt(text) <= highest) {
      return Integer.parseInt(text);
    }
    throw new IllegalArgumentException("\"" + cidr + "\" is no network such as 10.244.0.0/24");
  }

  /** The bridge's address: the first that a host may have. */
  String gateway() {
    return text(base + 1);
  }

  String cidr() {
    return text(base) + "/" + prefixLength;
  }

  /** A hardware address of our own making for one of the network's addresses. */
  static String macOf(String address) {
    int value = address(address, address);
    return "0a:58:%02x:%02x:%02x:%02x"
        .formatted(value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255);
  }

  private static String text(int address) {
    return (address >>> 24)
        + "."
        + (address >>> 16 & 255)
        + "."
        + (address >>> 8 & 255)
        + "."
        + (address & 255);
  }
}
