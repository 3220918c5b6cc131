package io.berth.apiserver.cel;

import static io.berth.apiserver.cel.Function.global;
import static io.berth.apiserver.cel.Function.member;
import static io.berth.apiserver.cel.Function.overload;

import com.google.errorprone.annotations.Immutable;
import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import io.berth.apiserver.custom.Addresses;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** {@code ip(text)}, {@code cidr(text)} and what can be asked of them. */
final class AddressFunctions {
  private static final CelType IP = OpaqueType.create("net.IP");
  private static final CelType CIDR = OpaqueType.create("net.CIDR");
  private static final CelType TEXT = SimpleType.STRING;
  private static final CelType BOOL = SimpleType.BOOL;

  /** An address; equal ones are the same address. */
  private record Ip(InetAddress address) {
    int family() {
      return address.getAddress().length == 4 ? 4 : 6;
    }

    @Override
    public String toString() {
      String text = address.getHostAddress();
      return family() == 4 ? text : shortened(address.getAddress());
    }
  }

  /** A network; the address may have bits behind the prefix. */
  private record Network(Ip ip, int prefix) {
    boolean contains(Ip other) {
      return other.family() == ip.family() && bits(other).equals(bits(ip));
    }

    boolean contains(Network other) {
      return other.prefix >= prefix && contains(other.ip);
    }

    private BigInteger bits(Ip of) {
      byte[] bytes = of.address().getAddress();
      return new BigInteger(1, bytes).shiftRight(bytes.length * 8 - prefix);
    }

    Network masked() {
      byte[] bytes = ip.address().getAddress();
      for (int i = 0; i < bytes.length; i++) {
        int kept = Math.clamp(prefix - i * 8L, 0, 8);
        bytes[i] = (byte) (bytes[i] & (0xff << (8 - kept)));
      }
      return new Network(new Ip(of(bytes)), prefix);
    }

    @Override
    public String toString() {
      return ip + "/" + prefix;
    }
  }

  private AddressFunctions() {}

  static List<Function> all() {
    return List.of(
        global("isIP", BOOL, a -> Addresses.isIp((String) a[0]), TEXT),
        global("ip", IP, a -> ip((String) a[0]), TEXT),
        global("ip.isCanonical", BOOL, a -> ip((String) a[0]).toString().equals(a[0]), TEXT),
        global("isCIDR", BOOL, a -> Addresses.isCidr((String) a[0]), TEXT),
        global("cidr", CIDR, a -> cidr((String) a[0]), TEXT),
        overload("string", TEXT, Ip.class, a -> a[0].toString(), IP),
        overload("string", TEXT, Network.class, a -> a[0].toString(), CIDR),
        member("family", SimpleType.INT, Ip.class, a -> (long) ((Ip) a[0]).family(), IP),
        is("isUnspecified", InetAddress::isAnyLocalAddress),
        is("isLoopback", InetAddress::isLoopbackAddress),
        is("isLinkLocalUnicast", InetAddress::isLinkLocalAddress),
        is(
            "isLinkLocalMulticast",
            address ->
                address.isMCLinkLocal()
                    || (address.getAddress().length == 4
                        && address.getHostAddress().startsWith("224.0.0."))),
        is(
            "isGlobalUnicast",
            address ->
                !address.isAnyLocalAddress()
                    && !address.isLoopbackAddress()
                    && !address.isMulticastAddress()
                    && !address.isLinkLocalAddress()
                    && !address.getHostAddress().equals("255.255.255.255")),
        member(
            "containsIP",
            BOOL,
            Network.class,
            a -> ((Network) a[0]).contains(a[1] instanceof String text ? ip(text) : (Ip) a[1]),
            CIDR,
            SimpleType.DYN),
        member(
            "containsCIDR",
            BOOL,
            Network.class,
            a ->
                ((Network) a[0])
                    .contains(a[1] instanceof String text ? cidr(text) : (Network) a[1]),
            CIDR,
            SimpleType.DYN),
        member("ip", IP, Network.class, a -> ((Network) a[0]).ip(), CIDR),
        member("masked", CIDR, Network.class, a -> ((Network) a[0]).masked(), CIDR),
        member(
            "prefixLength",
            SimpleType.INT,
            Network.class,
            a -> (long) ((Network) a[0]).prefix(),
            CIDR));
  }

  @Immutable
  private interface Test {
    boolean test(InetAddress address);
  }

  private static Function is(String name, Test test) {
    return member(name, BOOL, Ip.class, a -> test.test(((Ip) a[0]).address()), IP);
  }

  private static Ip ip(String text) {
    @Nullable InetAddress address = Addresses.ip(text);
    if (address == null) {
      throw new IllegalArgumentException(
          "IP Address '" + text + "' parse error: unable to parse IP");
    }
    return new Ip(address);
  }

  private static Network cidr(String text) {
    if (!Addresses.isCidr(text)) {
      throw new IllegalArgumentException(
          "CIDR '" + text + "' parse error during conversion from string");
    }
    int slash = text.indexOf('/');
    return new Network(ip(text.substring(0, slash)), Integer.parseInt(text.substring(slash + 1)));
  }

  private static InetAddress of(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("bytes of an address are one", e);
    }
  }

  /** RFC 5952: the longest run of zeros left out. */
  private static String shortened(byte[] bytes) {
    int[] words = new int[8];
    Arrays.setAll(words, i -> ((bytes[2 * i] & 0xff) << 8) | (bytes[2 * i + 1] & 0xff));
    int start = -1;
    int length = 1;
    for (int i = 0; i < 8; i++) {
      int end = i;
      while (end < 8 && words[end] == 0) {
        end++;
      }
      if (end - i > length) {
        start = i;
        length = end - i;
      }
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      if (i == start) {
        text.append("::");
        i += length - 1;
        continue;
      }
      if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
        text.append(':');
      }
      text.append(Integer.toHexString(words[i]));
    }
    return text.toString().toLowerCase(Locale.ROOT);
  }
}
