package io.berth.apiserver.pki;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** The names and addresses under which this machine's servers are reached. */
public final class LocalNames {
  private LocalNames() {}

  /** Host name, localhost and the addresses of every interface, without zones. */
  public static SortedSet<String> ofMachine() {
    SortedSet<String> names = new TreeSet<>(List.of("localhost", "127.0.0.1", "0:0:0:0:0:0:0:1"));
    try {
      names.add(InetAddress.getLocalHost().getHostName());
    } catch (UnknownHostException e) {
      // A host name that nothing resolves is not how clients come here.
    }
    try {
      NetworkInterface.networkInterfaces()
          .flatMap(NetworkInterface::inetAddresses)
          .filter(address -> !address.isLinkLocalAddress())
          .forEach(address -> names.add(withoutZone(address.getHostAddress())));
    } catch (SocketException e) {
      // The loopback addresses above are always there.
    }
    return names;
  }

  /** Those names, and the ones that pods know the API server by. */
  public static SortedSet<String> ofApiServer(List<String> further) {
    SortedSet<String> names = ofMachine();
    names.addAll(
        List.of(
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local"));
    names.addAll(further);
    return names;
  }

  private static String withoutZone(String address) {
    int zone = address.indexOf('%');
    return zone < 0 ? address : address.substring(0, zone);
  }

  /** Whether it is an IP address rather than a DNS name. */
  static boolean isAddress(String name) {
    return name.indexOf(':') >= 0
        || (!name.isEmpty()
            && Character.isDigit(name.charAt(name.length() - 1))
            && name.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9')));
  }
}
