package io.berth.api.schema;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.schema.Schema.ObjectType;

/** Leads from a resource to the type of its objects. */
public sealed interface TypeRef {
  /**
   * The type.
   *
   * @throws IllegalArgumentException there is none of that name
   */
  ObjectType type();

  /** A type of the built-in table, which is read when the first is asked for. */
  record Named(String name) implements TypeRef {
    @Override
    public ObjectType type() {
      return Schemas.type(name);
    }
  }

  /**
   * A type that came with its resource.
   *
   * @param document its {@code openAPIV3Schema}, not to be changed
   */
  record Custom(ObjectType type, ObjectNode document) implements TypeRef {}
}
