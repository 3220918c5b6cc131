package io.berth.scheduler.core;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A requirement of a node selector on one label or field. */
public record Requirement(String key, Operator operator, List<String> values) {
  /** What is required of the value. */
  public enum Operator {
    IN,
    NOT_IN,
    EXISTS,
    DOES_NOT_EXIST,
    GT,
    LT;

    /**
     * @throws IllegalArgumentException no such operator
     */
    public static Operator of(String name) {
      return switch (name) {
        case "In" -> IN;
        case "NotIn" -> NOT_IN;
        case "Exists" -> EXISTS;
        case "DoesNotExist" -> DOES_NOT_EXIST;
        case "Gt" -> GT;
        case "Lt" -> LT;
        default -> throw new IllegalArgumentException("unknown node selector operator " + name);
      };
    }
  }

  public Requirement {
    values = List.copyOf(values);
  }

  /**
   * @param value the node's value, or null where it has none
   */
  public boolean matches(@Nullable String value) {
    return switch (operator) {
      case IN -> value != null && values.contains(value);
      case NOT_IN -> value == null || !values.contains(value);
      case EXISTS -> value != null;
      case DOES_NOT_EXIST -> value == null;
      case GT -> compare(value) > 0;
      case LT -> compare(value) < 0;
    };
  }

  /** The sign of value minus bound, 0 where either is no integer: neither Gt nor Lt holds then. */
  private int compare(@Nullable String value) {
    if (value == null || values.size() != 1) {
      return 0;
    }
    try {
      return Long.compare(Long.parseLong(value), Long.parseLong(values.getFirst()));
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
