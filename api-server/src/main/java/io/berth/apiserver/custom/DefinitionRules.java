package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import io.berth.api.validation.FieldError;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What must hold of a CustomResourceDefinition beside its schemas. Pure. */
final class DefinitionRules {
  private static final List<String> COLUMN_TYPES =
      List.of("integer", "number", "string", "boolean", "date");
  private static final List<String> COLUMN_FORMATS =
      List.of("int32", "int64", "float", "double", "byte", "date", "date-time", "password", "name");

  private final JsonNode crd;
  private final List<FieldError> errors = new ArrayList<>();

  private DefinitionRules(JsonNode crd) {
    this.crd = crd;
  }

  /**
   * All that is wrong.
   *
   * @param old the version before, whose schemas are not checked again; null for a new one
   */
  static List<FieldError> check(JsonNode crd, @Nullable JsonNode old) {
    DefinitionRules rules = new DefinitionRules(crd);
    JsonNode spec = crd.path("spec");
    String name = crd.path("metadata").path("name").asText();
    String group = spec.path("group").asText("");
    String plural = spec.path("names").path("plural").asText("");
    if (!name.isEmpty() && !name.equals(plural + "." + group)) {
      rules.errors.add(
          FieldError.invalid("metadata.name", name, "must be spec.names.plural+\".\"+spec.group"));
    }
    rules.approval(group);
    rules.group(group);
    String scope = spec.path("scope").asText("");
    if (scope.isEmpty()) {
      rules.errors.add(FieldError.required("spec.scope", ""));
    } else if (!scope.equals("Cluster") && !scope.equals("Namespaced")) {
      rules.errors.add(
          FieldError.notSupported("spec.scope", scope, List.of("Cluster", "Namespaced")));
    }
    rules.versions(spec.path("versions"), old == null ? null : old.path("spec").path("versions"));
    if (spec.path("preserveUnknownFields").asBoolean()
        && (old == null || !old.path("spec").path("preserveUnknownFields").asBoolean())) {
      rules.errors.add(
          FieldError.invalidRaw(
              "spec.preserveUnknownFields",
              "true",
              "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in"
                  + " spec.versions[*].schema instead"));
    }
    rules.names(spec.path("names"), "spec.names");
    rules.conversion(spec.path("conversion"));
    return rules.errors;
  }

  /** Groups of Kubernetes' own need somebody's word. */
  private void approval(String group) {
    Approval approval = Approval.of(crd);
    if (!Approval.guarded(group) || approval.waived() || approval.given()) {
      return;
    }
    String path = "metadata.annotations[" + Approval.ANNOTATION + "]";
    errors.add(
        approval.missing()
            ? FieldError.required(path, Approval.MISSING)
            : FieldError.invalid(path, approval.annotation(), Approval.INVALID));
  }

  private void group(String group) {
    if (group.isEmpty()) {
      errors.add(FieldError.required("spec.group", ""));
      return;
    }
    List<String> wrong = Names.dns1123Subdomain(group);
    if (!wrong.isEmpty()) {
      errors.add(FieldError.invalid("spec.group", group, String.join(",", wrong)));
    } else if (!group.contains(".")) {
      errors.add(
          FieldError.invalid("spec.group", group, "should be a domain with at least one dot"));
    }
  }

  private void versions(JsonNode versions, @Nullable JsonNode old) {
    Set<String> seen = new HashSet<>();
    boolean unique = true;
    int stored = 0;
    boolean shared = oneSchema(versions);
    for (int i = 0; i < versions.size(); i++) {
      JsonNode version = versions.get(i);
      String path = "spec.versions[" + i + "]";
      String name = version.path("name").asText("");
      unique &= seen.add(name);
      stored += version.path("storage").asBoolean() ? 1 : 0;
      Names.dns1035Label(name)
          .forEach(wrong -> errors.add(FieldError.invalid(path + ".name", name, wrong)));
      version(version, before(old, name), shared, path);
    }
    if (!unique) {
      errors.add(
          FieldError.invalidRaw(
              "spec.versions", versions.toString(), "must contain unique version names"));
    }
    if (stored != 1) {
      errors.add(
          FieldError.invalidRaw(
              "spec.versions",
              versions.toString(),
              "must have exactly one version marked as storage version"));
    }
  }

  private static @Nullable JsonNode before(@Nullable JsonNode versions, String name) {
    if (versions != null) {
      for (JsonNode version : versions) {
        if (version.path("name").asText().equals(name)) {
          return version;
        }
      }
    }
    return null;
  }

  /** Whether all versions have one schema: Kubernetes' messages then know but this one. */
  private static boolean oneSchema(JsonNode versions) {
    for (JsonNode version : versions) {
      if (!version.path("schema").equals(versions.get(0).path("schema"))) {
        return false;
      }
    }
    return true;
  }

  /**
   * @param shared whether all versions have this one's schema
   */
  private void version(JsonNode version, @Nullable JsonNode old, boolean shared, String path) {
    if (version.has("deprecationWarning") && !version.path("deprecated").asBoolean()) {
      errors.add(
          FieldError.invalid(
              path + ".deprecationWarning",
              version.path("deprecationWarning").asText(),
              "can only be set for deprecated versions"));
    }
    JsonNode schema = version.path("schema").path("openAPIV3Schema");
    if (!schema.isObject()) {
      errors.add(FieldError.required(path + ".schema.openAPIV3Schema", "schemas are required"));
    } else if (old == null || !schema.equals(old.path("schema").path("openAPIV3Schema"))) {
      String at = shared ? "spec.validation" : path + ".schema";
      StructuralRules.check(schema, at + ".openAPIV3Schema").stream()
          .filter(error -> !errors.contains(error))
          .forEach(errors::add);
    }
    columns(version.path("additionalPrinterColumns"), path + ".additionalPrinterColumns");
    scale(version.path("subresources").path("scale"), path + ".subresources.scale");
    selectable(version.path("selectableFields"), schema, path + ".selectableFields");
  }

  private void columns(JsonNode columns, String path) {
    for (int i = 0; i < columns.size(); i++) {
      JsonNode column = columns.get(i);
      String at = path + "[" + i + "]";
      if (column.path("name").asText("").isEmpty()) {
        errors.add(FieldError.required(at + ".name", ""));
      }
      String type = column.path("type").asText("");
      if (type.isEmpty()) {
        errors.add(
            FieldError.required(
                at + ".type", "must be one of " + String.join(",", sorted(COLUMN_TYPES))));
      } else if (!COLUMN_TYPES.contains(type)) {
        errors.add(
            FieldError.invalid(
                at + ".type", type, "must be one of " + String.join(",", sorted(COLUMN_TYPES))));
      }
      String format = column.path("format").asText("");
      if (!format.isEmpty() && !COLUMN_FORMATS.contains(format)) {
        errors.add(
            FieldError.invalid(
                at + ".format",
                format,
                "must be one of " + String.join(",", sorted(COLUMN_FORMATS))));
      }
      path(column.path("jsonPath").asText(""), at + ".jsonPath");
    }
  }

  private static List<String> sorted(List<String> values) {
    return values.stream().sorted().toList();
  }

  private void path(String text, String at) {
    if (text.isEmpty()) {
      errors.add(FieldError.required(at, ""));
      return;
    }
    try {
      JsonPath.parse(text);
      if (!text.startsWith(".")) {
        errors.add(FieldError.invalid(at, text, "must be a simple json path starting with ."));
      }
    } catch (IllegalArgumentException e) {
      errors.add(FieldError.invalid(at, text, "is an invalid path: " + e.getMessage()));
    }
  }

  private void scale(JsonNode scale, String path) {
    if (!scale.isObject()) {
      return;
    }
    simple(scale, path, "specReplicasPath", ".spec.", "should be a json path under .spec");
    simple(scale, path, "statusReplicasPath", ".status.", "should be a json path under .status");
    String selector = scale.path("labelSelectorPath").asText("");
    if (!selector.isEmpty() && !selector.startsWith(".spec.") && !selector.startsWith(".status.")) {
      errors.add(
          FieldError.invalid(
              path + ".labelSelectorPath",
              selector,
              "should be a json path under either .spec or .status"));
    }
  }

  private void simple(JsonNode scale, String path, String field, String under, String why) {
    String text = scale.path(field).asText("");
    if (text.isEmpty()) {
      errors.add(FieldError.required(path + "." + field, ""));
    } else if (text.contains("[")) {
      errors.add(
          FieldError.invalid(
              path + "." + field, text, "should be a simple json path without array notation"));
    } else if (!text.startsWith(under)) {
      errors.add(FieldError.invalid(path + "." + field, text, why));
    }
  }

  private void selectable(JsonNode fields, JsonNode schema, String path) {
    Set<String> seen = new HashSet<>();
    if (fields.size() > 8) {
      errors.add(FieldError.tooMany(path, fields.size(), 8));
    }
    for (int i = 0; i < fields.size(); i++) {
      String at = path + "[" + i + "].jsonPath";
      String text = fields.get(i).path("jsonPath").asText("");
      if (text.isEmpty()) {
        errors.add(FieldError.required(at, ""));
        continue;
      }
      if (!seen.add(text)) {
        errors.add(FieldError.duplicate(at, text));
      }
      if (text.startsWith(".metadata.") || !text.startsWith(".") || text.contains("[")) {
        errors.add(
            FieldError.invalid(
                at,
                text,
                text.startsWith(".metadata.")
                    ? "must not point to fields in metadata"
                    : "is an invalid path: does not refer to a valid field"));
        continue;
      }
      JsonNode found = schema;
      for (String segment : text.substring(1).split("\\.")) {
        found = found.path("properties").path(segment);
      }
      String type = found.path("type").asText("");
      if (found.isMissingNode()) {
        errors.add(
            FieldError.invalid(at, text, "is an invalid path: does not refer to a valid field"));
      } else if (!List.of("string", "integer", "boolean").contains(type)) {
        errors.add(
            FieldError.invalid(
                at,
                text,
                "must point to a field of type string, boolean or integer. Enum string fields and"
                    + " strings with formats are allowed."));
      }
    }
  }

  private void names(JsonNode names, String path) {
    String plural = names.path("plural").asText("");
    if (plural.isEmpty()) {
      errors.add(FieldError.required(path + ".plural", ""));
    } else {
      label(path + ".plural", plural);
    }
    String singular = names.path("singular").asText("");
    if (!singular.isEmpty()) {
      label(path + ".singular", singular);
    }
    String kind = names.path("kind").asText("");
    if (kind.isEmpty()) {
      errors.add(FieldError.required(path + ".kind", ""));
    } else {
      kind(path + ".kind", kind);
    }
    String list = names.path("listKind").asText("");
    if (list.isEmpty()) {
      errors.add(FieldError.required(path + ".listKind", ""));
    } else {
      kind(path + ".listKind", list);
    }
    if (!kind.isEmpty() && kind.equals(list)) {
      errors.add(
          FieldError.invalid(path + ".listKind", list, "kind and listKind may not be the same"));
    }
    each(names.path("shortNames"), path + ".shortNames");
    each(names.path("categories"), path + ".categories");
  }

  private void each(JsonNode names, String path) {
    for (int i = 0; i < names.size(); i++) {
      label(path + "[" + i + "]", names.get(i).asText());
    }
  }

  private void label(String path, String name) {
    List<String> wrong = Names.dns1035Label(name);
    if (!wrong.isEmpty()) {
      errors.add(FieldError.invalid(path, name, String.join(",", wrong)));
    }
  }

  private void kind(String path, String kind) {
    List<String> wrong = Names.dns1035Label(kind.toLowerCase(Locale.ROOT));
    if (!wrong.isEmpty()) {
      errors.add(
          FieldError.invalid(
              path,
              kind,
              "may have mixed case, but should otherwise match: " + String.join(",", wrong)));
    }
  }

  private void conversion(JsonNode conversion) {
    String strategy = conversion.path("strategy").asText("");
    switch (strategy) {
      case "", "None" -> {
        if (conversion.hasNonNull("webhook")) {
          errors.add(
              FieldError.forbidden(
                  "spec.conversion.webhook",
                  "should not be set when strategy is not set to Webhook"));
        }
      }
      case "Webhook" -> webhook(conversion.path("webhook"), "spec.conversion.webhook");
      default ->
          errors.add(
              FieldError.notSupported(
                  "spec.conversion.strategy", strategy, List.of("None", "Webhook")));
    }
  }

  private void webhook(JsonNode webhook, String path) {
    JsonNode config = webhook.path("clientConfig");
    if (!config.isObject()) {
      errors.add(
          FieldError.required(path + ".clientConfig", "required when strategy is set to Webhook"));
    } else {
      if (config.hasNonNull("url") == config.hasNonNull("service")) {
        errors.add(
            FieldError.required(
                path + ".clientConfig", "exactly one of url or service is required"));
      }
      String url = config.path("url").asText("");
      if (!url.isEmpty() && !url.startsWith("https://")) {
        errors.add(
            FieldError.invalid(
                path + ".clientConfig.url",
                url,
                "'https' is the only allowed URL scheme; desired format: https://host[/path]"));
      }
    }
    JsonNode versions = webhook.path("conversionReviewVersions");
    if (versions.isEmpty()) {
      errors.add(FieldError.required(path + ".conversionReviewVersions", ""));
      return;
    }
    for (JsonNode version : versions) {
      if (version.asText().equals("v1")) {
        return;
      }
    }
    errors.add(
        FieldError.invalidRaw(
            path + ".conversionReviewVersions",
            versions.toString(),
            "must include at least one of v1, v1beta1"));
  }

  /** What an established definition keeps. */
  static void checkChange(JsonNode crd, JsonNode old, Consumer<FieldError> errors) {
    immutable(crd, old, "group", errors);
    if (Conditions.is(old, "Established", "True")) {
      immutable(crd, old, "scope", errors);
      names(crd, old, "kind", errors);
    }
    names(crd, old, "plural", errors);
    checkStatus(crd, errors);
  }

  private static void immutable(
      JsonNode crd, JsonNode old, String field, Consumer<FieldError> errors) {
    String now = crd.path("spec").path(field).asText();
    if (!now.equals(old.path("spec").path(field).asText())) {
      errors.accept(FieldError.invalid("spec." + field, now, "field is immutable"));
    }
  }

  private static void names(JsonNode crd, JsonNode old, String field, Consumer<FieldError> errors) {
    String now = crd.path("spec").path("names").path(field).asText();
    if (!now.equals(old.path("spec").path("names").path(field).asText())) {
      errors.accept(FieldError.invalid("spec.names." + field, now, "field is immutable"));
    }
  }

  /** Whatever was stored once stays known. */
  static void checkStatus(JsonNode crd, Consumer<FieldError> errors) {
    JsonNode stored = crd.path("status").path("storedVersions");
    if (stored.isEmpty()) {
      errors.accept(
          FieldError.invalidRaw(
              "status.storedVersions",
              stored.isArray() ? "[]" : "null",
              "must have at least one stored version"));
    }
    boolean hasStorage = false;
    String storage = "";
    Set<String> known = new HashSet<>();
    for (JsonNode version : crd.path("spec").path("versions")) {
      known.add(version.path("name").asText());
      storage = version.path("storage").asBoolean() ? version.path("name").asText() : storage;
    }
    for (int i = 0; i < stored.size(); i++) {
      String version = stored.get(i).asText();
      hasStorage |= version.equals(storage);
      if (!known.contains(version)) {
        errors.accept(
            FieldError.invalid(
                "status.storedVersions[" + i + "]",
                version,
                "missing from spec.versions; "
                    + version
                    + " was previously a storage version, and must remain in spec.versions until a"
                    + " storage migration ensures no data remains persisted in "
                    + version
                    + " and removes "
                    + version
                    + " from status.storedVersions"));
      }
    }
    if (!hasStorage && !storage.isEmpty()) {
      errors.accept(
          FieldError.invalidRaw(
              "status.storedVersions",
              stored.toString(),
              "must have the storage version " + storage));
    }
  }
}
