package io.berth.apiserver.kinds;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Names that are IP addresses in their shortest form. */
final class IpNames {
  private static final Pattern LITERAL = Pattern.compile("[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");
  private static final String WRONG =
      "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

  private IpNames() {}

  /** What is wrong with a name, nothing where it is an address. */
  static List<String> check(String name) {
    if (!LITERAL.matcher(name).matches()) {
      return List.of(WRONG);
    }
    try {
      InetAddress address = InetAddress.getByName(name); // a literal: nothing is looked up
      boolean four = name.indexOf(':') < 0;
      if (four && !address.getHostAddress().equals(name)) {
        return List.of(WRONG);
      }
      return name.equals(name.toLowerCase(Locale.ROOT))
          ? List.of()
          : List.of("must be a canonical IP address (" + name.toLowerCase(Locale.ROOT) + ")");
    } catch (UnknownHostException e) {
      return List.of(WRONG);
    }
  }
}
