package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.CelWords;
import io.berth.api.object.Names;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Policies that writes pass, and what puts them into force. What their expressions say is checked
 * by whoever knows the expression language.
 */
final class AdmissionPolicyRules {
  private static final List<String> ACTIONS = List.of("Audit", "Deny", "Warn");
  private static final List<String> NOT_FOUND = List.of("Deny", "Allow");
  private static final List<String> PATCHES = List.of("ApplyConfiguration", "JSONPatch");
  private static final List<String> REASONS =
      List.of("Forbidden", "Invalid", "RequestEntityTooLarge");

  /** A deletion has no object that could be changed. */
  private static final List<String> MUTABLE = List.of("*", "CONNECT", "CREATE", "UPDATE");

  private static final Pattern IDENTIFIER = Pattern.compile("[_a-zA-Z][_a-zA-Z0-9]*");

  private static final int MAX_ANNOTATIONS = 20;
  private static final int MAX_ANNOTATION_EXPRESSION = 5 * 1024;

  private AdmissionPolicyRules() {}

  static void validating(JsonNode policy, Report report) {
    JsonNode spec = policy.path("spec");
    common(spec, report);
    JsonNode validations = spec.path("validations");
    JsonNode annotations = spec.path("auditAnnotations");
    if (validations.isEmpty() && annotations.isEmpty()) {
      String why = "validations or auditAnnotations must contain at least one item";
      report.required("spec.validations", why);
      report.required("spec.auditAnnotations", why);
    }
    Report.each(validations, "spec.validations", (v, at) -> validation(v, at, report));
    if (annotations.size() > MAX_ANNOTATIONS) {
      report.add(
          FieldError.invalidRaw(
              "spec.auditAnnotations",
              annotations.toString(),
              "must not have more than " + MAX_ANNOTATIONS + " auditAnnotations"));
    }
    String name = policy.path("metadata").path("name").asText("");
    Report.each(annotations, "spec.auditAnnotations", (a, at) -> annotation(a, name, at, report));
    report.unique(annotations, "spec.auditAnnotations", "key");
  }

  static void mutating(JsonNode spec, Report report) {
    common(spec, report);
    operations(spec.path("matchConstraints"), "spec.matchConstraints", report);
    if (spec.path("mutations").isEmpty()) {
      report.required("spec.mutations", "mutations must contain at least one item");
    }
    Report.each(spec.path("mutations"), "spec.mutations", (m, at) -> mutation(m, at, report));
    report.text(spec, "spec", "reinvocationPolicy");
    report.oneOf(spec, "spec", "reinvocationPolicy", AdmissionMatchRules.REINVOCATION);
  }

  private static void common(JsonNode spec, Report report) {
    report.text(spec, "spec", "failurePolicy");
    report.oneOf(spec, "spec", "failurePolicy", AdmissionMatchRules.FAILURE);
    if (spec.path("paramKind").isObject()) {
      paramKind(spec.path("paramKind"), report);
    }
    JsonNode match = spec.path("matchConstraints");
    if (match.isObject()) {
      AdmissionMatchRules.resourcesOf(match, "spec.matchConstraints", report);
      if (match.path("resourceRules").isEmpty()) {
        report.required("spec.matchConstraints.resourceRules");
      }
    } else {
      report.required("spec.matchConstraints");
    }
    AdmissionMatchRules.conditions(spec.path("matchConditions"), "spec.matchConditions", report);
    Report.each(spec.path("variables"), "spec.variables", (v, at) -> variable(v, at, report));
  }

  private static void paramKind(JsonNode kind, Report report) {
    String apiVersion = kind.path("apiVersion").asText("");
    String at = "spec.paramKind.apiVersion";
    if (apiVersion.isEmpty()) {
      report.required(at);
    } else {
      int slash = apiVersion.indexOf('/');
      String group = slash < 0 ? "" : apiVersion.substring(0, slash);
      String version = apiVersion.substring(slash + 1);
      if (version.indexOf('/') >= 0) {
        report.invalid(at, apiVersion, "unexpected GroupVersion string: " + apiVersion);
      } else {
        if (!group.isEmpty() && !Names.dns1123Subdomain(group).isEmpty()) {
          report.invalid(at, group, String.join(",", Names.dns1123Subdomain(group)));
        }
        if (version.isEmpty()) {
          report.invalid(at, apiVersion, "version must be specified");
        } else if (!Names.dns1035Label(version).isEmpty()) {
          report.invalid(at, version, String.join(",", Names.dns1035Label(version)));
        }
      }
    }
    String name = kind.path("kind").asText("");
    List<String> wrong = Names.dns1035Label(name.toLowerCase(Locale.ROOT));
    if (name.isEmpty()) {
      report.required("spec.paramKind.kind");
    } else if (!wrong.isEmpty()) {
      report.invalid(
          "spec.paramKind.kind",
          name,
          "may have mixed case, but should otherwise match: " + String.join(",", wrong));
    }
  }

  private static void variable(JsonNode variable, String at, Report report) {
    String name = variable.path("name").asText("");
    if (name.isBlank()) {
      report.required(at + ".name", "name is not specified");
    } else if (!IDENTIFIER.matcher(name).matches() || CelWords.RESERVED.contains(name)) {
      report.invalid(at + ".name", name, "name is not a valid CEL identifier");
    }
    AdmissionMatchRules.expression(variable, at, "expression is not specified", report);
  }

  private static void validation(JsonNode validation, String at, Report report) {
    AdmissionMatchRules.expression(validation, at, "expression is not specified", report);
    String made = validation.path("messageExpression").asText("");
    if (!made.isEmpty() && made.isBlank()) {
      report.invalid(at + ".messageExpression", made, "must be non-empty if specified");
    }
    String message = validation.path("message").asText("");
    if (!message.isEmpty() && message.isBlank()) {
      report.invalid(at + ".message", message, "message must be non-empty if specified");
    } else if (message.strip().indexOf('\n') >= 0 || message.strip().indexOf('\r') >= 0) {
      report.invalid(at + ".message", message, "message must not contain line breaks");
    }
    report.oneOf(validation, at, "reason", REASONS);
  }

  private static void annotation(JsonNode annotation, String policy, String at, Report report) {
    String key = annotation.path("key").asText("");
    if (policy.isEmpty()) {
      report.invalid(at + ".key", key, "requires metadata.name be non-empty");
    } else {
      String full = policy + "/" + key;
      report.invalid(at + ".key", full, Names.qualifiedName(full));
    }
    String expression = annotation.path("valueExpression").asText("").strip();
    if (expression.isEmpty()) {
      report.required(at + ".valueExpression", "valueExpression is not specified");
    } else if (expression.length() > MAX_ANNOTATION_EXPRESSION) {
      report.required(
          at + ".valueExpression",
          "must not exceed " + MAX_ANNOTATION_EXPRESSION + " bytes in length");
    }
  }

  private static void mutation(JsonNode mutation, String at, Report report) {
    String type = mutation.path("patchType").asText("");
    switch (type) {
      case "" -> report.required(at + ".patchType");
      case "ApplyConfiguration" ->
          union(mutation, "applyConfiguration", "jsonPatch", type, at, report);
      case "JSONPatch" -> union(mutation, "jsonPatch", "applyConfiguration", type, at, report);
      default -> report.add(FieldError.notSupported(at + ".patchType", type, PATCHES));
    }
  }

  private static void union(
      JsonNode mutation, String wanted, String other, String type, String at, Report report) {
    if (mutation.path(wanted).isObject()) {
      AdmissionMatchRules.expression(mutation.path(wanted), at + "." + wanted, "", report);
    } else {
      report.required(at + "." + wanted, "must be specified when patchType is " + type);
    }
    if (mutation.path(other).isObject()) {
      report.invalid(
          at + "." + other, "{" + other + "}", "must not be specified when patchType is " + type);
    }
  }

  private static void operations(JsonNode match, String at, Report report) {
    for (JsonNode rule : match.path("resourceRules")) {
      for (JsonNode operation : rule.path("operations")) {
        if (!MUTABLE.contains(operation.asText())) {
          report.add(
              FieldError.notSupported(
                  at + ".resourceRules.operations", operation.asText(), MUTABLE));
        }
      }
    }
  }

  static void validatingBinding(JsonNode spec, Report report) {
    binding(spec, report);
    JsonNode actions = spec.path("validationActions");
    String at = "spec.validationActions";
    Set<String> seen = new HashSet<>();
    Report.each(
        actions,
        at,
        (action, here) -> {
          if (!ACTIONS.contains(action.asText())) {
            report.add(FieldError.notSupported(here, action.asText(), ACTIONS));
          }
          if (!seen.add(action.asText())) {
            report.add(FieldError.duplicate(here, action.asText()));
          }
        });
    if (seen.contains("Deny") && seen.contains("Warn")) {
      report.add(
          FieldError.invalidRaw(
              at,
              actions.toString(),
              "must not contain both Deny and Warn (repeating the same validation failure"
                  + " information in the API response and headers serves no purpose)"));
    }
    if (seen.isEmpty()) {
      report.required(at, "at least one validation action is required");
    }
  }

  static void mutatingBinding(JsonNode spec, Report report) {
    binding(spec, report);
    operations(spec.path("matchResources"), "spec.matchResources", report);
  }

  private static void binding(JsonNode spec, Report report) {
    report.text(spec, "spec", "policyName", Names::dns1123Subdomain);
    if (spec.path("paramRef").isObject()) {
      paramRef(spec.path("paramRef"), report);
    }
    if (spec.path("matchResources").isObject()) {
      AdmissionMatchRules.resourcesOf(spec.path("matchResources"), "spec.matchResources", report);
    }
  }

  private static void paramRef(JsonNode ref, Report report) {
    String at = "spec.paramRef";
    String name = ref.path("name").asText("");
    boolean selects = ref.path("selector").isObject();
    if (!name.isEmpty()) {
      report.invalid(at + ".name", name, Names.pathSegment(name));
    }
    if (!name.isEmpty() && selects) {
      report.forbidden(at + ".name", "name and selector are mutually exclusive");
    }
    SelectorRules.check(ref.path("selector"), at + ".selector", report);
    if (!name.isEmpty() && selects) {
      report.forbidden(at + ".selector", "name and selector are mutually exclusive");
    }
    if (name.isEmpty() && !selects) {
      report.required(at, "one of name or selector must be specified");
    }
    report.text(ref, at, "parameterNotFoundAction");
    report.oneOf(ref, at, "parameterNotFoundAction", NOT_FOUND);
  }
}
