package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.apply.OtherVersions;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.schema.CustomTypes;
import io.berth.api.schema.Normalizer;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.schema.SchemaValidator;
import io.berth.api.schema.Schemas;
import io.berth.api.transport.ApiException;
import io.berth.api.validation.FieldError;
import io.berth.api.validation.Validation;
import io.berth.apiserver.registry.ScalePaths;
import io.berth.apiserver.registry.Strategy;
import io.berth.apiserver.registry.Versions;
import io.berth.apiserver.registry.WriteCall;
import io.berth.apiserver.table.Column;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The rules for objects of one version of a custom resource: those of its schema. A request is
 * ruled by the version that it names. Immutable.
 */
final class CustomStrategy implements Strategy {
  private static final ObjectType ANY_OBJECT = CustomTypes.anyObject();
  private static final ObjectType METADATA = Schemas.find("meta.v1.ObjectMeta").orElseThrow();

  /** What makes an object one that rules cannot be asked about. */
  private static final Set<FieldError.Type> BLOCKING =
      Set.of(
          FieldError.Type.REQUIRED,
          FieldError.Type.TYPE_INVALID,
          FieldError.Type.NOT_SUPPORTED,
          FieldError.Type.TOO_LONG,
          FieldError.Type.TOO_MANY,
          FieldError.Type.DUPLICATE);

  private static final FieldError NOT_CHECKED =
      FieldError.invalidRaw(
          "<nil>",
          "null",
          "some validation rules were not checked because the object was invalid; correct the"
              + " existing errors to complete validation");

  private final CustomVersion version;
  private final CustomVersions versions;
  private final boolean terminating;

  /**
   * @param all versions of the resource by group and version
   * @param terminating whether its definition is being deleted, so that no object is created
   */
  CustomStrategy(
      CustomVersion version,
      Conversion conversion,
      Map<String, CustomVersion> all,
      boolean terminating) {
    this.version = version;
    this.versions = new CustomVersions(version, conversion, all);
    this.terminating = terminating;
  }

  @Override
  public boolean countsGenerations() {
    return true;
  }

  @Override
  public ResourceDefinition ruledBy(ResourceDefinition requested) {
    return requested;
  }

  /** Only metadata has types that a decoder finds wrong; fields that nobody knows are pruned. */
  @Override
  public SchemaValidator.Findings checkForm(ResourceDefinition requested, ObjectNode object) {
    SchemaValidator.Findings found = SchemaValidator.check(ANY_OBJECT, object);
    List<String> unknown = new ArrayList<>(found.unknown());
    for (String path : Pruning.unknown(version.schema(), object)) {
      if (unknown.size() < SchemaValidator.MAX_UNKNOWN) {
        unknown.add("unknown field \"" + path + "\"");
      }
    }
    return new SchemaValidator.Findings(found.wrongType(), unknown, List.of());
  }

  @Override
  public void applyDefaults(ResourceDefinition ruled, ObjectNode object) {
    if (object.get("metadata") instanceof ObjectNode metadata) {
      Normalizer.normalize(METADATA, metadata);
    }
    Pruning.prune(version.schema(), object, path -> {});
    Defaulting.apply(version.schema(), object);
  }

  @Override
  public List<FieldError> validate(
      ResourceDefinition ruled, ObjectNode object, @Nullable ObjectNode old) {
    return check(object, old, warning -> {});
  }

  @Override
  public List<FieldError> validateChange(
      ResourceDefinition ruled, ObjectNode object, ObjectNode old, Consumer<String> warnings) {
    return check(object, old, warnings);
  }

  private List<FieldError> check(
      ObjectNode object, @Nullable ObjectNode old, Consumer<String> warnings) {
    List<FieldError> errors = new ArrayList<>(Validation.metadata(object));
    List<FieldError> wrong =
        old == null
            ? ValueRules.check(version.schema(), object)
            : ValueRules.checkChange(version.schema(), object, old);
    errors.addAll(wrong);
    Rules rules = version.rules();
    if (rules != null) {
      if (wrong.stream().anyMatch(error -> BLOCKING.contains(error.type()))) {
        errors.add(NOT_CHECKED);
      } else {
        errors.addAll(rules.check(object, old, error -> warnings.accept(error.toString())));
      }
    }
    scale(object, errors);
    return errors;
  }

  private void scale(ObjectNode object, List<FieldError> errors) {
    if (!version.resource().hasSubresource("scale")) {
      return;
    }
    JsonNode replicas = object.at(version.scale().specReplicas());
    if (replicas.isNumber() && replicas.asLong() < 0) {
      String path = version.scale().specReplicas().toString().substring(1).replace('/', '.');
      errors.add(FieldError.invalid(path, replicas.asLong(), "should be a non-negative integer"));
    }
  }

  @Override
  public void prepareCreate(ObjectNode object, WriteCall call) {
    if (terminating) {
      throw new ApiException(
          405,
          "MethodNotAllowed",
          "create not allowed while custom resource definition is terminating");
    }
    if (version.resource().hasSubresource("status")) {
      object.remove("status");
    }
  }

  @Override
  public Versions versions(ResourceDefinition requested) {
    return versions;
  }

  @Override
  public OtherVersions otherVersions(ResourceDefinition requested) {
    return versions::other;
  }

  @Override
  public List<Column> columns(ResourceDefinition requested) {
    return version.columns();
  }

  @Override
  public ScalePaths scalePaths() {
    return version.scale();
  }

  @Override
  public List<String> warnings(ObjectNode object) {
    return version.warning().isEmpty() ? List.of() : List.of(version.warning());
  }
}
