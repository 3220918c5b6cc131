package io.berth.agent.network.services;

import io.berth.agent.process.Command;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The table in the kernel. It is changed by what differs; the first time, and after a change that
 * the kernel refused, it is made anew. Each happens at once or not at all. Not for use by several
 * threads at once.
 */
final class RuleTable {
  private static final Logger log = LoggerFactory.getLogger(RuleTable.class);

  private final Command command;
  private final ServiceRules rules;
  private Ruleset applied = Ruleset.empty();
  private boolean made;

  RuleTable(Command command, ServiceRules rules) {
    this.command = command;
    this.rules = rules;
  }

  /**
   * @throws Command.FailedException the kernel refused even the whole; it has what it had before
   */
  void apply(Ruleset wanted) {
    if (made) {
      String changes = wanted.changesFrom(applied, rules.table());
      try {
        run(changes);
        applied = wanted;
        return;
      } catch (Command.FailedException e) {
        log.warn("service rules made anew because a change failed error={}", e.getMessage());
      }
    }
    run(rules.skeleton() + wanted.changesFrom(Ruleset.empty(), rules.table()));
    applied = wanted;
    made = true;
  }

  /** Whether the kernel still has the table; others may flush all rules. */
  boolean isThere() {
    return command.attempt("nft", "list", "chain", "ip", rules.table(), "dispatch").succeeded();
  }

  void forget() {
    made = false;
  }

  void remove() {
    made = false;
    run(rules.removal());
  }

  private void run(String script) {
    if (!script.isEmpty()) {
      command.run(List.of("nft", "-f", "-"), script);
    }
  }
}
