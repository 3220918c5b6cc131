package io.berth.controllers.node;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.BitSet;
import java.util.Collection;
import java.util.Optional;

/**
 * Networks of one size out of a larger one, of either family. Immutable.
 *
 * @param base the larger one's first address
 * @param bits length of its prefix
 * @param nodeBits length of the prefix of what is given out
 */
record CidrPool(BigInteger base, int addressBits, int bits, int nodeBits) {
  /** As in Kubernetes: 65,536 nodes. */
  private static final int MOST_BITS_APART = 16;

  private static final int NODE_BITS_V4 = 24;
  private static final int NODE_BITS_V6 = 64;

  /**
   * @param cidr such as {@code 10.244.0.0/16}; nodes get a /24 each, or a /64
   * @throws IllegalArgumentException it is none, or has no room for a node, or for too many
   */
  static CidrPool parse(String cidr) {
    int slash = cidr.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException("\"" + cidr + "\" is no network such as 10.244.0.0/16");
    }
    byte[] address = InetAddress.ofLiteral(cidr.substring(0, slash)).getAddress();
    int bits = Integer.parseInt(cidr.substring(slash + 1));
    int nodeBits = address.length == 4 ? NODE_BITS_V4 : NODE_BITS_V6;
    if (bits < 0 || bits > nodeBits || nodeBits - bits > MOST_BITS_APART) {
      throw new IllegalArgumentException(
          "%s: the prefix must have %d to %d bits, of which each node gets a /%d"
              .formatted(cidr, nodeBits - MOST_BITS_APART, nodeBits, nodeBits));
    }
    int rest = address.length * 8 - bits;
    BigInteger base = new BigInteger(1, address).shiftRight(rest).shiftLeft(rest);
    return new CidrPool(base, address.length * 8, bits, nodeBits);
  }

  /** The lowest network that shares no address with those that are taken; empty where all do. */
  Optional<String> next(Collection<String> taken) {
    int count = 1 << (nodeBits - bits);
    BitSet used = new BitSet(count);
    taken.forEach(cidr -> mark(cidr, used, count));
    int free = used.nextClearBit(0);
    return free >= count ? Optional.empty() : Optional.of(text(free));
  }

  private void mark(String cidr, BitSet used, int count) {
    int slash = cidr.indexOf('/');
    byte[] address = InetAddress.ofLiteral(cidr.substring(0, slash)).getAddress();
    if (address.length * 8 != addressBits) {
      return;
    }
    int length = Integer.parseInt(cidr.substring(slash + 1));
    BigInteger first = new BigInteger(1, address).subtract(base);
    BigInteger last = first.add(BigInteger.ONE.shiftLeft(addressBits - length));
    BigInteger size = BigInteger.ONE.shiftLeft(addressBits - nodeBits);
    BigInteger all = BigInteger.valueOf(count);
    BigInteger from = first.divide(size).max(BigInteger.ZERO).min(all);
    BigInteger to = last.add(size).subtract(BigInteger.ONE).divide(size);
    used.set(from.intValue(), to.max(from).min(all).intValue());
  }

  private String text(int index) {
    BigInteger first = base.add(BigInteger.valueOf(index).shiftLeft(addressBits - nodeBits));
    byte[] bytes = new byte[addressBits / 8];
    byte[] value = first.toByteArray();
    int from = Math.max(0, value.length - bytes.length);
    int length = value.length - from;
    System.arraycopy(value, from, bytes, bytes.length - length, length);
    try {
      return InetAddress.getByAddress(bytes).getHostAddress() + "/" + nodeBits;
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }
}
