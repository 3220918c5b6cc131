package io.berth.api.object;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which labels an object must and must not bear. Immutable; its text form parses back to an equal
 * selector.
 */
public final class LabelSelector {
  /** Matches every object. */
  public static final LabelSelector EVERYTHING = new LabelSelector(List.of(), false);

  /** Matches no object: what an absent selector means in most kinds. */
  public static final LabelSelector NOTHING = new LabelSelector(List.of(), true);

  /** How a requirement relates a label to its values. */
  public enum Operator {
    EQUALS("="),
    NOT_EQUALS("!="),
    IN("in"),
    NOT_IN("notin"),
    EXISTS("exists"),
    DOES_NOT_EXIST("!"),
    GREATER(">"),
    LESS("<");

    private final String text;

    Operator(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  /**
   * One condition.
   *
   * @param key the label
   * @param operator how
   * @param values sorted; one for equality and comparison, none for existence
   */
  public record Requirement(String key, Operator operator, List<String> values) {
    public Requirement {
      values = values.stream().distinct().sorted().toList();
    }

    /** Whether labels fulfil the condition. */
    public boolean matches(Map<String, String> labels) {
      String value = labels.get(key);
      return switch (operator) {
        case EQUALS, IN -> value != null && values.contains(value);
        case NOT_EQUALS, NOT_IN -> value == null || !values.contains(value);
        case EXISTS -> value != null;
        case DOES_NOT_EXIST -> value == null;
        case GREATER -> value != null && compare(value) > 0;
        case LESS -> value != null && compare(value) < 0;
      };
    }

    /** Zero where the label is no number: then neither greater nor less. */
    private int compare(String value) {
      try {
        return Long.compare(Long.parseLong(value), Long.parseLong(values.getFirst()));
      } catch (NumberFormatException e) {
        return 0;
      }
    }

    @Override
    public String toString() {
      return switch (operator) {
        case EXISTS -> key;
        case DOES_NOT_EXIST -> "!" + key;
        case IN, NOT_IN -> key + " " + operator.text() + " (" + String.join(",", values) + ")";
        default -> key + operator.text() + values.getFirst();
      };
    }
  }

  private final List<Requirement> requirements;
  private final boolean nothing;

  private LabelSelector(List<Requirement> requirements, boolean nothing) {
    this.requirements =
        requirements.stream().sorted(Comparator.comparing(Requirement::key)).toList();
    this.nothing = nothing;
  }

  /** All of the requirements; none means everything. */
  public static LabelSelector of(List<Requirement> requirements) {
    return requirements.isEmpty() ? EVERYTHING : new LabelSelector(requirements, false);
  }

  /** Exactly these labels, as {@code spec.selector} of a Service has it. */
  public static LabelSelector ofLabels(Map<String, String> labels) {
    return of(
        new TreeMap<>(labels)
            .entrySet().stream()
                .map(e -> new Requirement(e.getKey(), Operator.EQUALS, List.of(e.getValue())))
                .toList());
  }

  /**
   * Reads the text form, {@code a=b,c!=d,e in (x,y),!f,g}. Empty text matches everything.
   *
   * @throws IllegalArgumentException with the message that clients know
   */
  public static LabelSelector parse(String text) {
    return text.isBlank() ? EVERYTHING : of(new LabelSelectorParser(text).parse());
  }

  /**
   * Reads the JSON form with {@code matchLabels} and {@code matchExpressions}. Absent or null
   * matches nothing, an empty object everything.
   *
   * @throws IllegalArgumentException an operator is unknown or its values do not suit it
   */
  public static LabelSelector of(@Nullable JsonNode selector) {
    if (selector == null || selector.isNull() || selector.isMissingNode()) {
      return NOTHING;
    }
    List<Requirement> requirements = new ArrayList<>();
    for (var label : selector.path("matchLabels").properties()) {
      List<String> value = List.of(label.getValue().asText());
      requirements.add(new Requirement(label.getKey(), Operator.EQUALS, value));
    }
    for (JsonNode expression : selector.path("matchExpressions")) {
      requirements.add(expression(expression));
    }
    return of(requirements);
  }

  private static Requirement expression(JsonNode expression) {
    List<String> values = new ArrayList<>();
    expression.path("values").forEach(value -> values.add(value.asText()));
    String name = expression.path("operator").asText();
    Operator operator =
        switch (name) {
          case "In" -> Operator.IN;
          case "NotIn" -> Operator.NOT_IN;
          case "Exists" -> Operator.EXISTS;
          case "DoesNotExist" -> Operator.DOES_NOT_EXIST;
          default ->
              throw new IllegalArgumentException(
                  Text.quote(name) + " is not a valid label selector operator");
        };
    boolean wantsValues = operator == Operator.IN || operator == Operator.NOT_IN;
    if (wantsValues && values.isEmpty()) {
      throw new IllegalArgumentException(
          "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty");
    }
    if (!wantsValues && !values.isEmpty()) {
      throw new IllegalArgumentException(
          "values: Invalid value: "
              + values
              + ": values set must be empty for exists and does not exist");
    }
    return new Requirement(expression.path("key").asText(), operator, values);
  }

  public boolean matches(Map<String, String> labels) {
    if (nothing) {
      return false;
    }
    for (Requirement requirement : requirements) {
      if (!requirement.matches(labels)) {
        return false;
      }
    }
    return true;
  }

  /** The selector with one requirement more. */
  public LabelSelector and(Requirement requirement) {
    if (nothing) {
      return this;
    }
    List<Requirement> more = new ArrayList<>(requirements);
    more.add(requirement);
    return of(more);
  }

  /** Whether it matches every object. */
  public boolean isEmpty() {
    return requirements.isEmpty() && !nothing;
  }

  /** Sorted by key. */
  public List<Requirement> requirements() {
    return requirements;
  }

  /** The only value that the selector allows a label, for finding objects by index. */
  public Optional<String> exactValue(String key) {
    return requirements.stream()
        .filter(r -> r.key().equals(key))
        .filter(r -> r.operator() == Operator.EQUALS || r.operator() == Operator.IN)
        .filter(r -> r.values().size() == 1)
        .map(r -> r.values().getFirst())
        .findFirst();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LabelSelector selector
        && selector.nothing == nothing
        && selector.requirements.equals(requirements);
  }

  @Override
  public int hashCode() {
    return requirements.hashCode() * 2 + (nothing ? 1 : 0);
  }

  @Override
  public String toString() {
    return requirements.stream().map(Requirement::toString).collect(Collectors.joining(","));
  }
}
