package io.berth.api.schema;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.validation.FieldError;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Checks an object against its type: what Kubernetes finds while it decodes a request. Rules beyond
 * the form are in {@link io.berth.api.validation}. Pure.
 */
public final class SchemaValidator {
  /** So many unknown fields are reported at most. */
  public static final int MAX_UNKNOWN = 100;

  private SchemaValidator() {}

  /**
   * What a check found.
   *
   * @param wrongType the first value of a wrong type, as a message of a JSON decoder; empty where
   *     all fit. The request is answered with 400 and {@link #cannotBeHandled}
   * @param unknown one message a field that the type does not have, {@code unknown field
   *     "spec.foo"}: to warn of, refuse or ignore
   * @param missing required fields that are absent, outside the status
   */
  public record Findings(
      Optional<String> wrongType, List<String> unknown, List<FieldError> missing) {
    public Findings {
      unknown = List.copyOf(unknown);
      missing = List.copyOf(missing);
    }

    /** The message of a strict request with unknown fields. */
    public String strictError() {
      return "strict decoding error: " + unknown.stream().collect(Collectors.joining(", "));
    }
  }

  public static Findings check(ResourceDefinition resource, JsonNode object) {
    return check(Schemas.forResource(resource), object);
  }

  public static Findings check(ObjectType type, JsonNode object) {
    SchemaWalk walk = new SchemaWalk();
    walk.root(type, object);
    return walk.findings();
  }

  /** The message of the 400 that a request with wrong types or strictly unknown fields gets. */
  public static String cannotBeHandled(ResourceDefinition resource, String why) {
    return resource.kind()
        + " in version \""
        + resource.version()
        + "\" cannot be handled as a "
        + resource.kind()
        + ": "
        + why;
  }
}
