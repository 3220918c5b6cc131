package io.berth.api.object;

import io.berth.api.resource.ResourceDefinition;
import io.berth.api.schema.TypeRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Which values an object's selectable fields must and must not have. Immutable.
 *
 * @param requirements all must hold; none matches everything
 */
public record FieldSelector(List<Requirement> requirements) {
  /** Matches every object. */
  public static final FieldSelector EVERYTHING = new FieldSelector(List.of());

  private static final String NAME = "metadata.name";
  private static final String NAMESPACE = "metadata.namespace";

  /** Kubernetes lets pods be asked for by it, and no pod has it. */
  private static final String POD_IPS = "status.podIPs";

  /**
   * One condition.
   *
   * @param field path of a selectable field
   * @param equal whether the field must have the value, or must not
   * @param value the value
   */
  public record Requirement(String field, boolean equal, String value) {
    @Override
    public String toString() {
      return field + (equal ? "=" : "!=") + value;
    }
  }

  public FieldSelector {
    requirements = List.copyOf(requirements);
  }

  /**
   * Reads {@code a=b,c!=d}; a backslash escapes a comma, an equals sign or a backslash in a value.
   *
   * @throws IllegalArgumentException with the message that clients know
   */
  public static FieldSelector parse(String text) {
    List<Requirement> requirements = new ArrayList<>();
    for (String term : terms(text)) {
      if (!term.isEmpty()) {
        requirements.add(requirement(text, term));
      }
    }
    return requirements.isEmpty() ? EVERYTHING : new FieldSelector(requirements);
  }

  /** One field with one value. */
  public static FieldSelector of(String field, String value) {
    return new FieldSelector(List.of(new Requirement(field, true, value)));
  }

  /**
   * Checks that the resource's field selectors know the fields.
   *
   * @throws IllegalArgumentException with the message that clients know
   */
  public void check(ResourceDefinition resource) {
    boolean ownRules =
        !resource.selectableFields().isEmpty() || resource.schema() instanceof TypeRef.Custom;
    for (Requirement requirement : requirements) {
      String field = requirement.field();
      if (field.equals(NAME)
          || (field.equals(NAMESPACE) && (resource.namespaced() || !ownRules))
          || resource.selectableFields().contains(field)
          || (field.equals(POD_IPS) && resource.selectableFields().contains("status.podIP"))) {
        continue;
      }
      throw new IllegalArgumentException(
          ownRules
              ? "field label not supported: " + field
              : Text.quote(field)
                  + " is not a known field selector: only \"metadata.name\","
                  + " \"metadata.namespace\"");
    }
  }

  public boolean matches(ObjectHeader header) {
    return matches(header, field -> header.fields().getOrDefault(field, ""));
  }

  /**
   * @param fields gives the values of the kind's own selectable fields
   */
  public boolean matches(ObjectHeader header, UnaryOperator<String> fields) {
    for (Requirement requirement : requirements) {
      if (value(header, requirement.field(), fields).equals(requirement.value())
          != requirement.equal()) {
        return false;
      }
    }
    return true;
  }

  /** Whether it matches every object. */
  public boolean isEmpty() {
    return requirements.isEmpty();
  }

  /** The same conditions on fields of other names. */
  public FieldSelector renamed(UnaryOperator<String> names) {
    return requirements.isEmpty()
        ? this
        : new FieldSelector(
            requirements.stream()
                .map(r -> new Requirement(names.apply(r.field()), r.equal(), r.value()))
                .toList());
  }

  /** The only value that the selector allows a field, for finding objects by index. */
  public Optional<String> exactValue(String field) {
    return requirements.stream()
        .filter(r -> r.equal() && r.field().equals(field))
        .map(Requirement::value)
        .findFirst();
  }

  @Override
  public String toString() {
    return requirements.stream().map(Requirement::toString).collect(Collectors.joining(","));
  }

  private static String value(ObjectHeader header, String field, UnaryOperator<String> fields) {
    return switch (field) {
      case NAME -> header.key().name();
      case NAMESPACE -> header.key().namespace();
      default -> fields.apply(field);
    };
  }

  private static Requirement requirement(String text, String term) {
    for (int i = 0; i < term.length(); i++) {
      if (term.charAt(i) == '\\') {
        i++;
      } else if (term.startsWith("!=", i)) {
        return new Requirement(term.substring(0, i), false, unescape(term.substring(i + 2)));
      } else if (term.startsWith("==", i)) {
        return new Requirement(term.substring(0, i), true, unescape(term.substring(i + 2)));
      } else if (term.charAt(i) == '=') {
        return new Requirement(term.substring(0, i), true, unescape(term.substring(i + 1)));
      }
    }
    throw new IllegalArgumentException(
        "invalid selector: '" + text + "'; can't understand '" + term + "'");
  }

  private static List<String> terms(String text) {
    List<String> terms = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '\\') {
        i++;
      } else if (text.charAt(i) == ',') {
        terms.add(text.substring(start, i));
        start = i + 1;
      }
    }
    terms.add(text.substring(start));
    return terms;
  }

  private static String unescape(String value) {
    StringBuilder plain = new StringBuilder(value.length());
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '\\') {
        i++;
        if (i == value.length() || "\\,=".indexOf(value.charAt(i)) < 0) {
          throw new IllegalArgumentException("invalid field selector: invalid escape sequence");
        }
        plain.append(value.charAt(i));
      } else if (c == '=') {
        throw new IllegalArgumentException(
            "invalid field selector: unescaped character in value: =");
      } else {
        plain.append(c);
      }
    }
    return plain.toString();
  }
}
