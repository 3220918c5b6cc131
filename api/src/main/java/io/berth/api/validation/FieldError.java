package io.berth.api.validation;

import io.berth.api.object.Text;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One thing that is wrong with an object. Its text is what users read: {@code
 * spec.containers[0].name: Required value}.
 *
 * @param path the field, such as {@code spec.containers[0].name}
 * @param type what kind of error
 * @param value the offending value as messages show it (text already quoted), or null where the
 *     message shows none
 * @param detail more, or empty
 */
public record FieldError(String path, Type type, @Nullable String value, String detail) {
  /** The kinds of error, by the reason that a cause of a {@code Status} bears. */
  public enum Type {
    REQUIRED("FieldValueRequired", "Required value"),
    INVALID("FieldValueInvalid", "Invalid value"),
    DUPLICATE("FieldValueDuplicate", "Duplicate value"),
    NOT_SUPPORTED("FieldValueNotSupported", "Unsupported value"),
    FORBIDDEN("FieldValueForbidden", "Forbidden"),
    NOT_FOUND("FieldValueNotFound", "Not found"),
    TOO_LONG("FieldValueTooLong", "Too long"),
    TOO_MANY("FieldValueTooMany", "Too many"),
    TYPE_INVALID("FieldValueTypeInvalid", "Invalid value"),
    INTERNAL("InternalError", "Internal error");

    private final String reason;
    private final String text;

    Type(String reason, String text) {
      this.reason = reason;
      this.text = text;
    }

    /** The machine-readable reason. */
    public String reason() {
      return reason;
    }
  }

  public static FieldError required(String path, String detail) {
    return new FieldError(path, Type.REQUIRED, null, detail);
  }

  public static FieldError invalid(String path, String value, String detail) {
    return new FieldError(path, Type.INVALID, Text.quote(value), detail);
  }

  public static FieldError invalid(String path, long value, String detail) {
    return new FieldError(path, Type.INVALID, Long.toString(value), detail);
  }

  /**
   * The value is shown as it is given: an object's or a list's JSON, {@code true}, {@code null}.
   */
  public static FieldError invalidRaw(String path, String value, String detail) {
    return new FieldError(path, Type.INVALID, value, detail);
  }

  public static FieldError duplicate(String path, String value) {
    return new FieldError(path, Type.DUPLICATE, Text.quote(value), "");
  }

  /** A duplicate of a list item that is an object: its JSON or key is shown as given. */
  public static FieldError duplicateRaw(String path, String value) {
    return new FieldError(path, Type.DUPLICATE, value, "");
  }

  public static FieldError notSupported(String path, String value, List<String> supported) {
    return notSupportedRaw(path, Text.quote(value), supported);
  }

  /** A value that is no text: it is shown as given. */
  public static FieldError notSupportedRaw(String path, String value, List<String> supported) {
    String values = supported.stream().map(Text::quote).collect(Collectors.joining(", "));
    return new FieldError(
        path, Type.NOT_SUPPORTED, value, values.isEmpty() ? "" : "supported values: " + values);
  }

  public static FieldError forbidden(String path, String detail) {
    return new FieldError(path, Type.FORBIDDEN, null, detail);
  }

  public static FieldError notFound(String path, String value) {
    return new FieldError(path, Type.NOT_FOUND, Text.quote(value), "");
  }

  public static FieldError tooLong(String path, int maxBytes) {
    return new FieldError(path, Type.TOO_LONG, null, "may not be more than " + maxBytes + " bytes");
  }

  public static FieldError tooMany(String path, int count, int max) {
    return new FieldError(
        path, Type.TOO_MANY, Integer.toString(count), "must have at most " + max + " items");
  }

  /** The message without the path, as causes carry it. */
  public String body() {
    String body = value == null ? type.text : type.text + ": " + value;
    return detail.isEmpty() ? body : body + ": " + detail;
  }

  @Override
  public String toString() {
    return path + ": " + body();
  }
}
