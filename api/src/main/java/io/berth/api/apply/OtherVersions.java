package io.berth.api.apply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.schema.Schema.ObjectType;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The versions that a resource has beside the one of a request: fields may be owned in them. */
@FunctionalInterface
public interface OtherVersions {
  /** For a resource with one version. */
  OtherVersions NONE = apiVersion -> Optional.empty();

  /**
   * One version.
   *
   * @param type of its objects
   * @param convert brings an object of any of the versions into this one; may change what it is
   *     given, and fails with an {@link io.berth.api.transport.ApiException} where a webhook does
   */
  record Version(ObjectType type, UnaryOperator<ObjectNode> convert) {
    /** The object in this version, another tree than the one that is given. */
    ObjectNode of(ObjectNode object) {
      return convert.apply(object.deepCopy());
    }
  }

  /** A version by name, such as {@code autoscaling/v1}; empty where there is none any more. */
  Optional<Version> find(String apiVersion);
}
