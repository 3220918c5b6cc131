package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.apply.Writer;
import io.berth.api.codec.Json;
import io.berth.api.object.Text;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.server.Router;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the query of a create, update or patch says. Immutable.
 *
 * @param dryRun whether nothing is to be stored
 * @param fieldValidation what to do about fields that the kind does not have
 * @param manager who owns the fields that are set: as the query says, else as the client calls
 *     itself
 * @param force whether an apply takes fields from their owners
 */
record WriteOptions(
    boolean dryRun, FieldValidation fieldValidation, String manager, boolean force) {
  enum FieldValidation {
    IGNORE,
    WARN,
    STRICT
  }

  private static final String NOBODY = "unknown";

  /**
   * @param kind name of the options' kind for messages, such as {@code CreateOptions}
   * @throws io.berth.api.transport.ApiException 422 where the query holds what is not known
   */
  static WriteOptions of(ApiRequest request, String kind) {
    return of(request, kind, false);
  }

  /** The options of an apply, which must say who applies. */
  static WriteOptions ofApply(ApiRequest request) {
    return of(request, "PatchOptions", true);
  }

  private static WriteOptions of(ApiRequest request, String kind, boolean apply) {
    List<FieldError> errors = new ArrayList<>();
    String manager = request.query("fieldManager");
    String force = request.query("force");
    if (apply && (manager == null || manager.isEmpty())) {
      errors.add(FieldError.required("fieldManager", "is required for apply patch"));
    }
    if (!apply && force != null && kind.equals("PatchOptions")) {
      errors.add(FieldError.forbidden("force", "may not be specified for non-apply patch"));
    }
    if (manager != null) {
      checkManager(manager, errors);
    }
    boolean dryRun = dryRun(request.queryAll("dryRun"), errors);
    FieldValidation validation = fieldValidation(request.query("fieldValidation"), errors);
    if (!errors.isEmpty()) {
      throw Errors.invalid("meta.k8s.io", kind, "", errors);
    }
    String owner =
        manager != null && !manager.isEmpty() ? manager : userAgent(request.header("user-agent"));
    return new WriteOptions(dryRun, validation, owner, Router.flag(force));
  }

  /** The options that a query gives, as the fields of an options object. */
  static ObjectNode shown(ApiRequest request) {
    ObjectNode shown = Json.object();
    for (String dryRun : request.queryAll("dryRun")) {
      if (!dryRun.isEmpty()) {
        shown.withArrayProperty("dryRun").add(dryRun);
      }
    }
    for (String name : List.of("fieldManager", "fieldValidation")) {
      String value = request.query(name);
      if (value != null && !value.isEmpty()) {
        shown.put(name, value);
      }
    }
    return shown;
  }

  private static FieldValidation fieldValidation(@Nullable String asked, List<FieldError> errors) {
    String wanted = asked == null ? "" : asked;
    return switch (wanted) {
      case "Ignore" -> FieldValidation.IGNORE;
      case "", "Warn" -> FieldValidation.WARN;
      case "Strict" -> FieldValidation.STRICT;
      default -> {
        errors.add(
            FieldError.notSupported(
                "fieldValidation", wanted, List.of("", "Ignore", "Strict", "Warn")));
        yield FieldValidation.WARN;
      }
    };
  }

  private static void checkManager(String manager, List<FieldError> errors) {
    if (manager.getBytes(StandardCharsets.UTF_8).length > Writer.MAX_MANAGER_BYTES) {
      errors.add(FieldError.tooLong("fieldManager", Writer.MAX_MANAGER_BYTES));
    }
    if (!manager.codePoints().allMatch(WriteOptions::printable)) {
      errors.add(
          FieldError.invalid("fieldManager", manager, "should only contain printable characters"));
    }
  }

  /** What the client calls itself, up to the version. */
  private static String userAgent(@Nullable String header) {
    String name = header == null ? "" : header.split("/", 2)[0];
    StringBuilder printable = new StringBuilder();
    int bytes = 0;
    for (int c : name.codePoints().filter(WriteOptions::printable).toArray()) {
      bytes += Character.toString(c).getBytes(StandardCharsets.UTF_8).length;
      if (bytes > Writer.MAX_MANAGER_BYTES) {
        break;
      }
      printable.appendCodePoint(c);
    }
    return printable.isEmpty() ? NOBODY : printable.toString();
  }

  private static boolean printable(int c) {
    return c == ' '
        || !(Character.isISOControl(c)
            || Character.isWhitespace(c)
            || Character.isSpaceChar(c)
            || !Character.isDefined(c)
            || Character.getType(c) == Character.FORMAT);
  }

  static boolean dryRun(List<String> values, List<FieldError> errors) {
    List<String> given = values.stream().filter(value -> !value.isEmpty()).toList();
    if (given.stream().anyMatch(value -> !value.equals("All"))) {
      String shown = given.stream().map(Text::quote).collect(Collectors.joining(", "));
      errors.add(FieldError.notSupportedRaw("dryRun", "[]string{" + shown + "}", List.of("All")));
    }
    return !given.isEmpty();
  }
}
