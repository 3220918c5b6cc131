package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ObjectKey;
import io.berth.api.object.Text;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.schema.SchemaValidator;
import io.berth.api.schema.TypeRef;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What holds for objects of every kind. */
final class ObjectRules {
  /** Metadata that only the server sets. */
  static final List<String> SYSTEM_FIELDS =
      List.of(
          "uid",
          "creationTimestamp",
          "deletionTimestamp",
          "deletionGracePeriodSeconds",
          "generation");

  /**
   * Checks the namespace that an object names; what lies in none loses it.
   *
   * @throws io.berth.api.transport.ApiException 400 where it is not the request's
   */
  static void checkNamespace(ObjectNode object, String namespace) {
    String own = Meta.namespace(object);
    if (namespace.isEmpty()) {
      object.withObject("/metadata").remove("namespace");
    } else if (!own.isEmpty() && !own.equals(namespace)) {
      throw Errors.badRequest(
          "the namespace of the provided object does not match the namespace sent on the request");
    }
  }

  /**
   * Checks that an object that changes names itself, and its namespace if at all, as the request's
   * path does.
   *
   * @throws io.berth.api.transport.ApiException 400 where it does not
   */
  static void checkName(ObjectNode object, ObjectKey key) {
    String name = Meta.name(object);
    if (name.isEmpty()) {
      throw Errors.badRequest(
          "the name of the object ("
              + key.name()
              + " based on URL) was undeterminable: name must be provided");
    }
    if (!name.equals(key.name())) {
      throw Errors.badRequest(
          "the name of the object ("
              + name
              + ") does not match the name on the URL ("
              + key.name()
              + ")");
    }
    String namespace = Meta.namespace(object);
    if (!namespace.isEmpty() && !key.namespace().isEmpty() && !namespace.equals(key.namespace())) {
      throw Errors.badRequest(
          "the namespace of the object ("
              + namespace
              + ") does not match the namespace on the request ("
              + key.namespace()
              + ")");
    }
  }

  /**
   * Checks an object's form: types of values and names of fields.
   *
   * @param duplicates what its text had twice, each with its message
   * @return warnings
   * @throws ApiException 400 where it does not fit
   */
  List<String> checkForm(
      ResourceDefinition resource,
      Strategy strategy,
      ObjectNode object,
      WriteOptions.FieldValidation validation,
      List<String> duplicates) {
    SchemaValidator.Findings findings = strategy.checkForm(resource, object);
    boolean decoded = !(resource.schema() instanceof TypeRef.Custom) && !ofYaml(duplicates);
    return told(
        findings,
        decoded ? List.of() : duplicates,
        decoded ? FormFlaws.of(object, duplicates, findings.unknown()) : findings.unknown(),
        validation,
        why -> Errors.badRequest(SchemaValidator.cannotBeHandled(resource, why)));
  }

  /**
   * @param refusal what an object that does not fit is answered with
   */
  List<String> checkForm(
      ResourceDefinition resource,
      Strategy strategy,
      ObjectNode object,
      WriteOptions.FieldValidation validation,
      List<String> duplicates,
      Function<String, ApiException> refusal) {
    SchemaValidator.Findings findings = strategy.checkForm(resource, object);
    return told(findings, duplicates, findings.unknown(), validation, refusal);
  }

  private static List<String> told(
      SchemaValidator.Findings findings,
      List<String> duplicates,
      List<String> others,
      WriteOptions.FieldValidation validation,
      Function<String, ApiException> refusal) {
    if (findings.wrongType().isPresent()) {
      throw refusal.apply(findings.wrongType().get());
    }
    if (others.isEmpty() && duplicates.isEmpty()) {
      return List.of();
    }
    List<String> all = new ArrayList<>(duplicates);
    all.addAll(others);
    return switch (validation) {
      case IGNORE -> List.of();
      case WARN -> all;
      case STRICT -> throw refusal.apply(strictError(duplicates, all));
    };
  }

  /**
   * Drops each owner that an object names a second time.
   *
   * @param when empty, or what happened before
   * @param warnings gets one that names what was dropped
   */
  static void dropRepeatedOwners(ObjectNode object, String when, List<String> warnings) {
    JsonNode owners = object.at("/metadata/ownerReferences");
    if (owners.size() < 2 || !(owners instanceof ArrayNode list)) {
      return;
    }
    Set<JsonNode> seen = new HashSet<>();
    List<String> repeated = new ArrayList<>();
    for (Iterator<JsonNode> each = list.elements(); each.hasNext(); ) {
      JsonNode owner = each.next();
      if (!seen.add(owner)) {
        repeated.add(owner.path("uid").asText(""));
        each.remove();
      }
    }
    if (!repeated.isEmpty()) {
      warnings.add(
          ".metadata.ownerReferences contains duplicate entries"
              + when
              + "; API server dedups owner references in 1.20+, and may reject such requests as"
              + " early as 1.24; please fix your requests; duplicate UID(s) observed: "
              + String.join(", ", repeated));
    }
  }

  /** The message of a strict request; what a YAML text has twice is told of in one piece. */
  static String strictError(List<String> duplicates, List<String> all) {
    boolean yaml = ofYaml(duplicates);
    List<String> parts = new ArrayList<>();
    if (yaml) {
      parts.add("yaml: unmarshal errors:\n  " + String.join("\n  ", duplicates));
      parts.addAll(all.subList(duplicates.size(), all.size()));
    } else {
      parts.addAll(all);
    }
    return "strict decoding error: " + String.join(", ", parts);
  }

  private static boolean ofYaml(List<String> duplicates) {
    return !duplicates.isEmpty() && duplicates.getFirst().startsWith("line ");
  }

  /**
   * @throws io.berth.api.transport.ApiException 422 with all that is wrong with a new object
   */
  void checkCreate(ResourceDefinition resource, Strategy strategy, ObjectNode object) {
    List<FieldError> errors = new ArrayList<>();
    String name = Meta.name(object);
    if (name.isEmpty()) {
      errors.add(FieldError.required("metadata.name", "name or generateName is required"));
    } else {
      strategy
          .checkName(name)
          .forEach(wrong -> errors.add(FieldError.invalid("metadata.name", name, wrong)));
    }
    errors.addAll(strategy.validate(strategy.ruledBy(resource), object, null));
    strategy.validateCreate(object, errors::add);
    refuse(resource, object, errors);
  }

  /**
   * @param warnings get what its client is to be told
   * @throws io.berth.api.transport.ApiException 422 with all that is wrong with a change
   */
  void checkUpdate(
      ResourceDefinition resource,
      Strategy strategy,
      Updates.Part part,
      ObjectNode object,
      ObjectNode old,
      List<String> warnings) {
    List<FieldError> errors = new ArrayList<>();
    errors.addAll(strategy.validateChange(strategy.ruledBy(resource), object, old, warnings::add));
    checkFinalizers(object, old, errors);
    switch (part) {
      case MAIN -> strategy.validateUpdate(object, old, errors::add);
      case STATUS -> strategy.validateStatus(object, old, errors::add);
      case ANY -> {}
    }
    refuse(resource, object, errors);
  }

  private static void checkFinalizers(ObjectNode object, ObjectNode old, List<FieldError> errors) {
    if (!Meta.deleting(old)) {
      return;
    }
    Set<String> added = new HashSet<>(Meta.finalizers(object));
    Meta.finalizers(old).forEach(added::remove);
    if (!added.isEmpty()) {
      String names = added.stream().sorted().map(Text::quote).collect(Collectors.joining(", "));
      errors.add(
          FieldError.forbidden(
              "metadata.finalizers",
              "no new finalizers can be added if the object is being deleted, found new finalizers"
                  + " []string{"
                  + names
                  + "}"));
    }
  }

  private static void refuse(
      ResourceDefinition resource, ObjectNode object, List<FieldError> errors) {
    if (!errors.isEmpty()) {
      throw Errors.invalid(resource, Meta.name(object), errors);
    }
  }
}
