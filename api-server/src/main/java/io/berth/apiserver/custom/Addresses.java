package io.berth.apiserver.custom;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/** IP addresses and networks in texts, read without ever asking a resolver. Pure. */
public final class Addresses {
  private Addresses() {}

  /** The address that a literal names, or null where it is none (leading zeros, zones: none). */
  public static @Nullable InetAddress ip(String text) {
    boolean six = text.indexOf(':') >= 0;
    if (text.isEmpty() || text.indexOf('%') >= 0 || text.length() > 45 || !(six || isV4(text))) {
      return null;
    }
    for (int i = 0; i < text.length(); i++) {
      if (Character.digit(text.charAt(i), 16) < 0 && ":.".indexOf(text.charAt(i)) < 0) {
        return null;
      }
    }
    try {
      return InetAddress.getByName(text); // a literal by now: nothing is resolved
    } catch (UnknownHostException e) {
      return null;
    }
  }

  public static boolean isIp(String text) {
    return ip(text) != null;
  }

  /** Whether a text is an address, a slash and a length of prefix that fits it. */
  public static boolean isCidr(String text) {
    int slash = text.indexOf('/');
    if (slash < 0 || slash == text.length() - 1 || text.length() - slash > 4) {
      return false;
    }
    InetAddress address = ip(text.substring(0, slash));
    String digits = text.substring(slash + 1);
    if (address == null
        || !digits.chars().allMatch(c -> c >= '0' && c <= '9')
        || (digits.length() > 1 && digits.startsWith("0"))) {
      return false;
    }
    return Integer.parseInt(digits) <= (text.indexOf(':') >= 0 ? 128 : 32);
  }

  private static boolean isV4(String text) {
    String[] parts = text.split("\\.", -1);
    if (parts.length != 4) {
      return false;
    }
    for (String part : parts) {
      boolean digits = !part.isEmpty() && part.chars().allMatch(c -> c >= '0' && c <= '9');
      if (!digits
          || part.length() > 3
          || (part.length() > 1 && part.startsWith("0"))
          || Integer.parseInt(part) > 255) {
        return false;
      }
    }
    return true;
  }
}
