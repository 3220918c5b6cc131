package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Names;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Strategy;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A kind whose own rules can be listed: whether changes are counted, which fields stay as they were
 * created, what its names look like. Immutable.
 */
final class ListedRules implements Strategy {
  /** Finds what is wrong with the change of a field. */
  private interface ChangeRule {
    void check(JsonNode object, JsonNode old, Consumer<FieldError> errors);
  }

  private final boolean counted;
  private final Function<String, List<String>> names;
  private final List<ChangeRule> rules;

  private ListedRules(
      boolean counted, Function<String, List<String>> names, List<ChangeRule> rules) {
    this.counted = counted;
    this.names = names;
    this.rules = List.copyOf(rules);
  }

  /** A kind of which anything may change and nothing is counted. */
  static ListedRules plain() {
    return new ListedRules(false, Names::dns1123Subdomain, List.of());
  }

  /** A kind whose changes its {@code metadata.generation} counts. */
  static ListedRules counted() {
    return new ListedRules(true, Names::dns1123Subdomain, List.of());
  }

  /** The same with names of another form. */
  ListedRules named(Function<String, List<String>> form) {
    return new ListedRules(counted, form, rules);
  }

  /** The same, and these fields, given by dotted paths, keep the value they were created with. */
  ListedRules immutable(String... paths) {
    ListedRules all = this;
    for (String path : paths) {
      all = all.and((object, old, errors) -> Immutable.check(object, old, path, errors));
    }
    return all;
  }

  /** The same, and a change of this field is forbidden in these words. */
  ListedRules forbidden(String path, String why) {
    return and(
        (object, old, errors) -> {
          if (Immutable.changed(object, old, path)) {
            errors.accept(FieldError.forbidden(path, why));
          }
        });
  }

  private ListedRules and(ChangeRule rule) {
    List<ChangeRule> more = new ArrayList<>(rules);
    more.add(rule);
    return new ListedRules(counted, names, more);
  }

  @Override
  public List<String> checkName(String name) {
    return names.apply(name);
  }

  @Override
  public boolean countsGenerations() {
    return counted;
  }

  @Override
  public void validateUpdate(ObjectNode object, ObjectNode old, Consumer<FieldError> errors) {
    rules.forEach(rule -> rule.check(object, old, errors));
  }
}
