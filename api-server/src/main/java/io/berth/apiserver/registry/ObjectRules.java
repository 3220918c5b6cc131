package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ObjectKey;
import io.berth.api.object.Text;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.schema.SchemaValidator;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
   * Fills in or checks the namespace that an object names.
   *
   * @throws io.berth.api.transport.ApiException 400 where it is not the request's
   */
  static void checkNamespace(ObjectNode object, String namespace) {
    String own = Meta.namespace(object);
    if (!own.isEmpty() && !own.equals(namespace)) {
      throw Errors.badRequest(
          "the namespace of the provided object does not match the namespace sent on the request");
    }
  }

  /**
   * Checks that an object names itself as the request's path does.
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
  }

  /**
   * Checks an object's form: types of values and names of fields.
   *
   * @param duplicates what its text had twice, each with its message
   * @return warnings
   * @throws io.berth.api.transport.ApiException 400 where it does not fit
   */
  List<String> checkForm(
      ResourceDefinition resource,
      Strategy strategy,
      ObjectNode object,
      WriteOptions.FieldValidation validation,
      List<String> duplicates) {
    SchemaValidator.Findings findings = strategy.checkForm(resource, object);
    if (findings.wrongType().isPresent()) {
      throw Errors.badRequest(
          SchemaValidator.cannotBeHandled(resource, findings.wrongType().get()));
    }
    if (findings.unknown().isEmpty() && duplicates.isEmpty()) {
      return List.of();
    }
    List<String> all = new ArrayList<>(duplicates);
    all.addAll(findings.unknown());
    return switch (validation) {
      case IGNORE -> List.of();
      case WARN -> all;
      case STRICT ->
          throw Errors.badRequest(
              SchemaValidator.cannotBeHandled(resource, strictError(duplicates, all)));
    };
  }

  /** The message of a strict request; what a YAML text has twice is told of in one piece. */
  static String strictError(List<String> duplicates, List<String> all) {
    boolean yaml = !duplicates.isEmpty() && duplicates.getFirst().startsWith("line ");
    List<String> parts = new ArrayList<>();
    if (yaml) {
      parts.add("yaml: unmarshal errors:\n  " + String.join("\n  ", duplicates));
      parts.addAll(all.subList(duplicates.size(), all.size()));
    } else {
      parts.addAll(all);
    }
    return "strict decoding error: " + String.join(", ", parts);
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
   * @throws io.berth.api.transport.ApiException 422 with all that is wrong with a change
   */
  void checkUpdate(
      ResourceDefinition resource,
      Strategy strategy,
      Updates.Part part,
      ObjectNode object,
      ObjectNode old) {
    List<FieldError> errors = new ArrayList<>();
    errors.addAll(strategy.validate(strategy.ruledBy(resource), object, old));
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
