package io.berth.apiserver.registry;

import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import java.util.ArrayList;
import java.util.List;

/**
 * What the query of a create, update or patch says. Immutable.
 *
 * @param dryRun whether nothing is to be stored
 * @param fieldValidation what to do about fields that the kind does not have
 */
record WriteOptions(boolean dryRun, FieldValidation fieldValidation) {
  enum FieldValidation {
    IGNORE,
    WARN,
    STRICT
  }

  /**
   * @param kind name of the options' kind for messages, such as {@code CreateOptions}
   * @throws io.berth.api.transport.ApiException 422 where the query holds what is not known
   */
  static WriteOptions of(ApiRequest request, String kind) {
    List<FieldError> errors = new ArrayList<>();
    boolean dryRun = dryRun(request.queryAll("dryRun"), errors);
    FieldValidation validation = FieldValidation.WARN;
    String wanted = request.query("fieldValidation");
    if (wanted != null && !wanted.isEmpty()) {
      switch (wanted) {
        case "Ignore" -> validation = FieldValidation.IGNORE;
        case "Warn" -> validation = FieldValidation.WARN;
        case "Strict" -> validation = FieldValidation.STRICT;
        default ->
            errors.add(
                FieldError.notSupported(
                    "fieldValidation", wanted, List.of("", "Ignore", "Strict", "Warn")));
      }
    }
    String manager = request.query("fieldManager");
    if (manager != null && manager.length() > 128) {
      errors.add(FieldError.tooLong("fieldManager", 128));
    }
    if (!errors.isEmpty()) {
      throw Errors.invalid("meta.k8s.io", kind, "", errors);
    }
    return new WriteOptions(dryRun, validation);
  }

  static boolean dryRun(List<String> values, List<FieldError> errors) {
    boolean dryRun = false;
    for (String value : values) {
      if (value.equals("All")) {
        dryRun = true;
      } else if (!value.isEmpty()) {
        errors.add(FieldError.notSupported("dryRun", value, List.of("All")));
      }
    }
    return dryRun;
  }
}
