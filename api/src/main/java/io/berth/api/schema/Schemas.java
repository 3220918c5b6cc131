package io.berth.api.schema;

import io.berth.api.resource.ResourceDefinition;
import io.berth.api.schema.Schema.ObjectType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The built-in types, read once from {@code types.txt} beside this class. */
public final class Schemas {
  private static final Map<String, ObjectType> TYPES =
      Collections.unmodifiableMap(SchemaReader.read(lines()));

  /** Published names begin with where a type is defined; the table's do not. */
  private static final List<String> ORIGINS =
      List.of(
          "io.k8s.api.",
          "io.k8s.apimachinery.pkg.apis.",
          "io.k8s.apiextensions-apiserver.pkg.apis.",
          "io.k8s.kube-aggregator.pkg.apis.",
          "io.k8s.apimachinery.pkg.");

  private Schemas() {}

  /**
   * The type of a resource's objects, built-in or custom.
   *
   * @throws IllegalArgumentException the resource names no type
   */
  public static ObjectType forResource(ResourceDefinition resource) {
    TypeRef schema = resource.schema();
    if (schema == null) {
      throw new IllegalArgumentException("no schema for " + resource.groupResource());
    }
    return schema.type();
  }

  /**
   * A type by its name, published ({@code io.k8s.api.core.v1.Pod}) or short ({@code core.v1.Pod}).
   */
  public static Optional<ObjectType> find(String name) {
    for (String origin : ORIGINS) {
      if (name.startsWith(origin)) {
        return Optional.ofNullable(TYPES.get(name.substring(origin.length())));
      }
    }
    return Optional.ofNullable(TYPES.get(name));
  }

  /**
   * The built-in type of a kind's objects, also of one that only a subresource takes.
   *
   * @param apiVersion group and version: {@code policy/v1}, {@code v1}
   */
  public static Optional<ObjectType> ofKind(String apiVersion, String kind) {
    int slash = apiVersion.indexOf('/');
    String group = slash < 0 ? "core" : apiVersion.substring(0, slash).split("\\.", 2)[0];
    return find(group + "." + apiVersion.substring(slash + 1) + "." + kind);
  }

  /** A type of the table. */
  static ObjectType type(String name) {
    return find(name).orElseThrow(() -> new IllegalArgumentException("no type " + name));
  }

  /** All types by short name, in the order of the table. */
  public static Map<String, ObjectType> all() {
    return TYPES;
  }

  private static List<String> lines() {
    try (InputStream in = Schemas.class.getResourceAsStream("types.txt")) {
      if (in == null) {
        throw new IllegalStateException("types.txt is missing from the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
