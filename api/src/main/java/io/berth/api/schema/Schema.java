package io.berth.api.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The form of a JSON value: what validation, patches and apply walk an object by. One form for
 * built-in and custom kinds. Immutable once its types are complete.
 */
public sealed interface Schema {

  /** The forms that hold no others. */
  enum Scalar implements Schema {
    STRING,
    BOOLEAN,
    INT32,
    INT64,
    DOUBLE,
    /** Base64 text. */
    BYTES,
    /** A string or number that {@link io.berth.api.object.Quantity} reads. */
    QUANTITY,
    /** RFC 3339, seconds. */
    TIME,
    /** RFC 3339, microseconds. */
    MICRO_TIME,
    INT_OR_STRING,
    /** Any JSON: kept as it is, and replaced whole. */
    ANY,
    /** Any JSON: kept as it is, objects changed entry by entry. */
    OPEN
  }

  /** How the items of a list are told apart when two writers change it. */
  enum ListType {
    /** The list is one value. */
    ATOMIC,
    /** Items are scalars, each once. */
    SET,
    /** Items are objects, each key once. */
    MAP
  }

  /**
   * A list.
   *
   * @param keys of items, for {@link ListType#MAP}
   */
  record ListOf(Schema items, ListType type, List<String> keys) implements Schema {
    public ListOf {
      keys = List.copyOf(keys);
    }
  }

  /** A map from any text. */
  record MapOf(Schema values) implements Schema {}

  /**
   * A field of an object.
   *
   * @param atomic the value, a map or an object, is replaced whole
   * @param required clients must set it
   * @param patch how a strategic merge patch changes it
   * @param defaultValue what an absent field means, or null
   * @param zero how an absent field is shown, since Kubernetes' own types always write it: JSON
   *     null, an empty object or another zero; null where it is left out
   */
  record Field(
      String name,
      Schema type,
      boolean required,
      boolean atomic,
      PatchStrategy patch,
      @Nullable JsonNode defaultValue,
      @Nullable JsonNode zero) {
    /** A field that is left out where it is absent. */
    public Field(
        String name,
        Schema type,
        boolean required,
        boolean atomic,
        PatchStrategy patch,
        @Nullable JsonNode defaultValue) {
      this(name, type, required, atomic, patch, defaultValue, null);
    }
  }

  /**
   * How a strategic merge patch changes a field.
   *
   * @param merge a list is merged by item instead of replaced
   * @param retainKeys fields that the patch does not name are dropped
   * @param replace an object is replaced, not merged
   * @param mergeKey the field that tells items of a list apart, or null for scalars
   */
  record PatchStrategy(
      boolean merge, boolean retainKeys, boolean replace, @Nullable String mergeKey) {
    /** Objects are merged, lists replaced. */
    public static final PatchStrategy NONE = new PatchStrategy(false, false, false, null);

    /**
     * As the API's documents name it, such as {@code merge,retainKeys}; empty where it is usual.
     */
    public String text() {
      List<String> names = new ArrayList<>();
      if (merge) {
        names.add("merge");
      }
      if (retainKeys) {
        names.add("retainKeys");
      }
      if (replace) {
        names.add("replace");
      }
      return String.join(",", names);
    }
  }

  /** An object with named fields. */
  final class ObjectType implements Schema {
    private final String name;
    private final boolean atomic;
    private final boolean open;
    private final Map<String, Field> fields = new LinkedHashMap<>();
    private final Map<Class<?>, Object> derived = new ConcurrentHashMap<>(1);

    /**
     * @param name {@code core.v1.PodSpec}: the group and version of its definition, then its name
     * @param atomic replaced whole wherever it stands
     */
    public ObjectType(String name, boolean atomic) {
      this(name, atomic, false);
    }

    /**
     * @param open whether it has any other field too, of any form
     */
    public ObjectType(String name, boolean atomic, boolean open) {
      this.name = name;
      this.atomic = atomic;
      this.open = open;
    }

    /** Only while types are built, which may refer to each other in circles. */
    void add(Field field) {
      fields.put(field.name(), field);
    }

    /** The full name. */
    public String name() {
      return name;
    }

    /** The name as messages have it: {@code PodSpec}. */
    public String simpleName() {
      return name.substring(name.lastIndexOf('.') + 1);
    }

    public boolean atomic() {
      return atomic;
    }

    /** Whether it has any other field too, of any form. */
    public boolean open() {
      return open;
    }

    public Map<String, Field> fields() {
      return Collections.unmodifiableMap(fields);
    }

    /** The field of a name, or null where the type has none. */
    public @Nullable Field field(String field) {
      Field known = fields.get(field);
      return known != null || !open
          ? known
          : new Field(field, Scalar.ANY, false, false, PatchStrategy.NONE, null);
    }

    /**
     * What another package makes of this type, made once and gone with it. The maker must not ask
     * for the same again.
     */
    public <T> T derived(Class<T> kind, Function<ObjectType, T> maker) {
      Object known = derived.get(kind);
      return kind.cast(
          known != null ? known : derived.computeIfAbsent(kind, k -> maker.apply(this)));
    }

    @Override
    public String toString() {
      return name;
    }
  }
}
