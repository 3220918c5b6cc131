package io.berth.agent.network.policy;

import io.berth.agent.network.Family;
import io.berth.agent.process.ShortNames;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One rule in the kernel: whom it accepts, and to which port.
 *
 * @param port null for all
 * @param named addresses each with a port that is allowed on it, or null
 */
record Line(Who who, PolicyPort.@Nullable Range port, PeerSet.@Nullable Key named) {
  Line(Who who, PolicyPort.@Nullable Range port) {
    this(who, port, null);
  }

  /** The other side. */
  sealed interface Who {
    /** Whoever it is. */
    record Anyone() implements Who {}

    /** Pods, by a set without ports. */
    record Pods(PeerSet.Key key) implements Who {}

    /** Addresses in blocks; the set's elements are told by its name. */
    record Blocks(String set, List<AddressRange> ranges) implements Who {
      static Blocks of(List<AddressRange> ranges) {
        String text = ranges.stream().map(AddressRange::text).collect(Collectors.joining(","));
        return new Blocks("blocks-" + ShortNames.of(text, 20), ranges);
      }
    }

    /** One address. */
    record Address(String address) implements Who {}
  }

  /** As nftables has it. */
  String text(Direction direction, Family family) {
    String field = family.word + " " + direction.peer;
    String peer =
        switch (who) {
          case Who.Anyone() -> "";
          case Who.Address(String address) -> field + " " + address + " ";
          case Who.Blocks(String set, List<AddressRange> _) -> field + " @" + set + " ";
          case Who.Pods(PeerSet.Key key) -> field + " @" + key.name() + " ";
        };
    String byName =
        named == null ? "" : field + " . meta l4proto . th dport @" + named.name() + " ";
    return peer + byName + portText() + "accept";
  }

  private String portText() {
    if (port == null) {
      return "";
    }
    if (port.first() == 0) {
      return "meta l4proto " + port.protocol() + " ";
    }
    String numbers =
        port.first() == port.last()
            ? Integer.toString(port.first())
            : port.first() + "-" + port.last();
    return port.protocol() + " dport " + numbers + " ";
  }
}
