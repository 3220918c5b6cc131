package io.berth.agent.network.services;

import io.berth.agent.process.Command;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The table in the kernel. It is changed by what differs of the services that changed; the first
 * time, and after a change that the kernel refused, it is made anew. Each happens at once or not at
 * all. Not for use by several threads at once.
 */
final class RuleTable {
  private static final Logger log = LoggerFactory.getLogger(RuleTable.class);

  /** One service's value for a key; the first in the order of names is in the kernel. */
  private record Claim(String service, String value, @Nullable Claim next) {
    static @Nullable Claim without(@Nullable Claim claims, String service) {
      if (claims == null || claims.service.equals(service)) {
        return claims == null ? null : claims.next;
      }
      return new Claim(claims.service, claims.value, without(claims.next, service));
    }

    static Claim with(@Nullable Claim claims, String service, String value) {
      if (claims == null || claims.service.compareTo(service) > 0) {
        return new Claim(service, value, claims);
      }
      return new Claim(claims.service, claims.value, with(claims.next, service, value));
    }
  }

  /** Deletions and additions by set, in the order in which the kernel takes them. */
  private record Script(
      List<String> chains, Map<String, List<String>> deleted, Map<String, List<String>> added) {
    Script() {
      this(new ArrayList<>(), new TreeMap<>(), new TreeMap<>());
    }

    String text(String table) {
      StringBuilder text = new StringBuilder();
      chains.forEach(line -> text.append(line).append('\n'));
      elements(text, "delete", table, deleted);
      elements(text, "add", table, added);
      return text.toString();
    }

    private static void elements(
        StringBuilder text, String verb, String table, Map<String, List<String>> bySet) {
      bySet.forEach(
          (set, keys) ->
              text.append(verb + " element " + table + " " + set + " { ")
                  .append(String.join(", ", keys))
                  .append(" }\n"));
    }
  }

  private final Consumer<String> nft;
  private final ServiceRules rules;
  private final Map<String, Map<String, Claim>> claims = new HashMap<>();
  private final Map<String, ServiceElements> services = new HashMap<>();
  private final Set<String> chains = new HashSet<>();
  private boolean made;

  /**
   * @param nft takes a script whole or not at all, and throws {@link Command.FailedException}
   */
  RuleTable(Consumer<String> nft, ServiceRules rules) {
    this.nft = nft;
    this.rules = rules;
  }

  /**
   * Brings services up to date.
   *
   * @param changed what each of them needs now, by name; {@link ServiceElements#NONE} where it is
   *     gone
   * @throws Command.FailedException the kernel refused even the whole; it has what it had before,
   *     and what is wanted is kept for the next time
   */
  void apply(Map<String, ServiceElements> changed) {
    Script script = new Script();
    Map<String, Map<String, @Nullable Claim>> before = new HashMap<>();
    changed.forEach((service, elements) -> replace(service, elements, before, script));
    if (made) {
      differences(before, script);
      try {
        run(script.text(rules.name()));
        return;
      } catch (Command.FailedException e) {
        log.warn("service rules made anew because a change failed error={}", e.getMessage());
      }
    }
    makeAnew();
  }

  private void replace(
      String service,
      ServiceElements elements,
      Map<String, Map<String, @Nullable Claim>> before,
      Script script) {
    ServiceElements old =
        elements.elements().isEmpty() ? services.remove(service) : services.put(service, elements);
    if (old != null) {
      old.elements()
          .forEach(
              (set, keys) ->
                  keys.keySet()
                      .forEach(key -> change(set, key, before, c -> Claim.without(c, service))));
    }
    elements
        .elements()
        .forEach(
            (set, keys) ->
                keys.forEach(
                    (key, value) -> change(set, key, before, c -> Claim.with(c, service, value))));
    elements.chains().forEach((chain, lines) -> addChain(chain, lines, script));
  }

  private interface Change {
    @Nullable Claim of(@Nullable Claim claims);
  }

  private void change(
      String set, String key, Map<String, Map<String, @Nullable Claim>> before, Change change) {
    Map<String, Claim> all = claims.computeIfAbsent(set, s -> new HashMap<>());
    Claim then = all.get(key);
    Map<String, @Nullable Claim> seen = before.computeIfAbsent(set, s -> new TreeMap<>());
    if (!seen.containsKey(key)) {
      seen.put(key, then);
    }
    Claim now = change.of(then);
    if (now == null) {
      all.remove(key);
    } else {
      all.put(key, now);
    }
  }

  private void addChain(String chain, String lines, Script script) {
    if (!chains.add(chain)) {
      return;
    }
    script.chains().add("add chain " + rules.name() + " " + chain);
    lines
        .lines()
        .forEach(
            line -> script.chains().add("add rule " + rules.name() + " " + chain + " " + line));
  }

  private void differences(Map<String, Map<String, @Nullable Claim>> before, Script script) {
    before.forEach(
        (set, keys) ->
            keys.forEach(
                (key, then) -> {
                  Claim now = claims.getOrDefault(set, Map.of()).get(key);
                  String valueNow = now == null ? null : now.value();
                  String valueThen = then == null ? null : then.value();
                  if (!Objects.equals(valueNow, valueThen)) {
                    if (valueThen != null) {
                      script.deleted().computeIfAbsent(set, s -> new ArrayList<>()).add(key);
                    }
                    if (valueNow != null) {
                      add(script, set, key, valueNow);
                    }
                  }
                }));
  }

  private static void add(Script script, String set, String key, String value) {
    script
        .added()
        .computeIfAbsent(set, s -> new ArrayList<>())
        .add(value.isEmpty() ? key : key + " : " + value);
  }

  private void makeAnew() {
    made = false;
    chains.clear();
    Script all = new Script();
    services.values().forEach(service -> service.chains().forEach((c, l) -> addChain(c, l, all)));
    claims.forEach((set, keys) -> keys.forEach((key, claim) -> add(all, set, key, claim.value())));
    run(rules.skeleton() + all.text(rules.name()));
    made = true;
  }

  /** Has the next change make it anew. */
  void forget() {
    made = false;
  }

  void remove() {
    made = false;
    run(rules.removal());
  }

  private void run(String script) {
    if (!script.isEmpty()) {
      nft.accept(script);
    }
  }
}
