package io.berth.agent.network.policy;

import io.berth.agent.process.Command;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every pod has an IPv6 address of its link that nobody gave it and no policy knows. Connections by
 * those would pass every policy, so they are dropped; what hosts of a link tell each other to find
 * one another is not.
 */
final class LinkLocalGuard {
  private static final Logger log = LoggerFactory.getLogger(LinkLocalGuard.class);
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final Command command;
  private final String table;
  private final String bridge;
  private boolean refused;

  LinkLocalGuard(Command command, String nodeName, String bridge) {
    this.command = command;
    this.table = "berth-link-local-" + nodeName;
    this.bridge = bridge;
  }

  /** Idempotent. */
  synchronized void ensure() {
    if (refused || command.attempt("nft", "list", "table", "ip6", table).succeeded()) {
      return;
    }
    String script =
        """
        table ip6 %s {
          chain prerouting {
            type filter hook prerouting priority raw; policy accept;
            iifname != "%s" accept
            meta l4proto icmpv6 accept
            ip6 daddr ff00::/8 accept
            ip6 daddr fe80::/10 drop
            ip6 saddr fe80::/10 drop
          }
        }
        """
            .formatted(table, bridge);
    Command.Result result = command.attempt(List.of("nft", "-f", "-"), script, Map.of(), LIMIT);
    if (!result.succeeded()) {
      refused = true;
      log.warn("link-local addresses are not judged error={}", result.complaint());
    }
  }

  /** Idempotent. */
  synchronized void remove() {
    command.attempt("nft", "delete", "table", "ip6", table);
  }
}
