package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.types.CelType;
import dev.cel.common.types.OptionalType;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.cel.Budget;
import io.berth.apiserver.cel.Compiler;
import io.berth.apiserver.cel.Compiler.CompilationException;
import io.berth.apiserver.cel.Expression;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The rules in the expression language of a schema and all below it, compiled once. Immutable.
 *
 * @param schema the node
 * @param resource whether its values are whole objects
 * @param rules of this node
 * @param properties with rules in them
 * @param entries of a map, or null where they have none
 * @param items of a list, or null where they have none
 */
record Rules(
    Structural schema,
    boolean resource,
    List<Rule> rules,
    Map<String, Rules> properties,
    @Nullable Rules entries,
    @Nullable Rules items) {
  private static final String FIELD = "x-kubernetes-validations";

  /**
   * Compiles what there is; what does not compile is left out and reported.
   *
   * @param path of the schema for errors
   * @return null where there is no rule
   */
  static @Nullable Rules of(Structural root, String path, Consumer<FieldError> errors) {
    return of(root, true, true, path, errors);
  }

  private static @Nullable Rules of(
      Structural schema,
      boolean resource,
      boolean correlatable,
      String path,
      Consumer<FieldError> errors) {
    List<Rule> rules = compiled(schema, resource, correlatable, path, errors);
    Map<String, Rules> properties = new LinkedHashMap<>();
    schema
        .properties()
        .forEach(
            (name, form) -> {
              Rules inside =
                  of(
                      form,
                      form.embedded(),
                      correlatable,
                      path + ".properties[" + name + "]",
                      errors);
              if (inside != null) {
                properties.put(name, inside);
              }
            });
    Structural entry = schema.entries();
    Structural item = schema.items();
    Rules entries =
        entry == null
            ? null
            : of(entry, entry.embedded(), correlatable, path + ".additionalProperties", errors);
    boolean keyed = schema.listType().equals("map");
    Rules items =
        item == null
            ? null
            : of(item, item.embedded(), correlatable && keyed, path + ".items", errors);
    return rules.isEmpty() && properties.isEmpty() && entries == null && items == null
        ? null
        : new Rules(schema, resource, rules, properties, entries, items);
  }

  private static List<Rule> compiled(
      Structural schema,
      boolean resource,
      boolean correlatable,
      String path,
      Consumer<FieldError> errors) {
    JsonNode documents = schema.document().path(FIELD);
    if (documents.isEmpty()) {
      return List.of();
    }
    CelSchema.Types types = CelSchema.of(schema, resource);
    Compiler plain = compiler(types, types.self());
    List<Rule> rules = new ArrayList<>();
    for (int i = 0; i < documents.size(); i++) {
      JsonNode document = documents.get(i);
      String at = path + "." + FIELD + "[" + i + "]";
      Compiler compiler =
          document.path("optionalOldSelf").asBoolean()
              ? compiler(types, OptionalType.create(types.self()))
              : plain;
      Rule rule = compiled(i, document, compiler, at, errors);
      if (rule != null && rule.rule().usesOldSelf() && !correlatable) {
        errors.accept(
            invalid(
                at + ".rule",
                document,
                "oldSelf cannot be used on the uncorrelatable portion of the schema"));
      } else if (rule != null) {
        rules.add(rule);
      }
    }
    return List.copyOf(rules);
  }

  private static Compiler compiler(CelSchema.Types types, CelType old) {
    return new Compiler(Map.of("self", types.self(), "oldSelf", old), types.all());
  }

  private static @Nullable Rule compiled(
      int index, JsonNode document, Compiler compiler, String at, Consumer<FieldError> errors) {
    String text = document.path("rule").asText("").strip();
    if (text.isEmpty()) {
      errors.accept(FieldError.required(at + ".rule", "rule is not specified"));
      return null;
    }
    Expression message = null;
    String made = document.path("messageExpression").asText("").strip();
    if (!made.isEmpty()) {
      try {
        message = compiler.compile(made, Compiler.Result.STRING);
      } catch (CompilationException e) {
        String why = e.wrongResult() ? "must evaluate to a string" : e.reason();
        errors.accept(invalid(at + ".messageExpression", document, "messageExpression " + why));
      }
    }
    try {
      return new Rule(index, document, compiler.compile(text, Compiler.Result.BOOL), message);
    } catch (CompilationException e) {
      String why = e.wrongResult() ? "cel expression must evaluate to a bool" : e.reason();
      errors.accept(invalid(at + ".rule", document, why));
      return null;
    }
  }

  private static FieldError invalid(String path, JsonNode document, String why) {
    return FieldError.invalidRaw(path, document.toString(), why);
  }

  /**
   * Checks an object that its schema allows.
   *
   * @param old the version before, or null for a new object
   * @param warnings get the rules that a value breaks and broke before, unchanged
   */
  List<FieldError> check(JsonNode object, @Nullable JsonNode old, Consumer<FieldError> warnings) {
    List<FieldError> errors = new ArrayList<>();
    try {
      check(object, old, "", new Findings(Budget.ofRequest(), errors::add, warnings));
    } catch (Rule.TooDearException e) {
      errors.add(e.error());
    }
    return errors;
  }

  /** Where what is found goes, and what finding it may still cost. */
  private record Findings(
      Budget budget, Consumer<FieldError> errors, Consumer<FieldError> warnings) {}

  private void check(JsonNode value, @Nullable JsonNode old, String path, Findings findings)
      throws Rule.TooDearException {
    if (!rules.isEmpty() && !value.isNull()) {
      apply(value, old, path, findings);
    }
    for (Map.Entry<String, JsonNode> field : value.properties()) {
      Rules inside = properties.getOrDefault(field.getKey(), entries);
      if (inside != null) {
        JsonNode before = old == null ? null : old.get(field.getKey());
        String at = path.isEmpty() ? field.getKey() : path + "." + field.getKey();
        inside.check(field.getValue(), before, at, findings);
      }
    }
    if (items != null && value.isArray()) {
      for (int i = 0; i < value.size(); i++) {
        JsonNode before = old == null ? null : ListKeys.correlated(schema, value.get(i), old);
        items.check(value.get(i), before, path + "[" + i + "]", findings);
      }
    }
  }

  private void apply(JsonNode value, @Nullable JsonNode old, String path, Findings findings)
      throws Rule.TooDearException {
    Object self = CelValues.of(schema, value, resource);
    JsonNode earlier = old == null || old.isNull() ? null : old;
    Object before = earlier == null ? null : CelValues.of(schema, earlier, resource);
    boolean unchanged = value.equals(earlier);
    String shown = value.isContainerNode() ? null : ValueRules.shown(value);
    for (Rule rule : rules) {
      boolean transition = rule.rule().usesOldSelf();
      if (transition && before == null && !rule.optionalOldSelf()) {
        continue;
      }
      Map<String, Object> variables = new LinkedHashMap<>();
      variables.put("self", self);
      if (rule.optionalOldSelf()) {
        variables.put("oldSelf", Optional.ofNullable(before));
      } else if (before != null) {
        variables.put("oldSelf", before);
      }
      Rule.Finding finding = rule.check(variables, findings.budget(), path, schema.type(), shown);
      if (finding != null) {
        boolean known = finding.broken() && unchanged && !transition;
        (known ? findings.warnings() : findings.errors()).accept(finding.error());
      }
    }
  }
}
