package io.berth.api.schema;

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

  /** A type that came with its resource. */
  record Custom(ObjectType type) implements TypeRef {}
}
