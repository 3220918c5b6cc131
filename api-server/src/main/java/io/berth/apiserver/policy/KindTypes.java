package io.berth.apiserver.policy;

import com.google.common.collect.ImmutableMap;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import dev.cel.common.types.StructTypeReference;
import io.berth.api.schema.Schema;
import io.berth.api.schema.Schema.Field;
import io.berth.api.schema.Schema.ListOf;
import io.berth.api.schema.Schema.MapOf;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.schema.Schema.Scalar;
import io.berth.apiserver.cel.CelNames;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;

/** Types of the expression language from kinds. For one kind, by one thread. */
final class KindTypes {
  private final Map<String, CelType> structs = new LinkedHashMap<>();
  private final Set<String> named = new HashSet<>();
  private final Queue<ObjectType> open = new ArrayDeque<>();

  private KindTypes() {}

  /**
   * A kind's type and those that it refers to.
   *
   * @param object the kind's
   * @param all to be given to the compiler
   */
  record Types(CelType object, List<CelType> all) {}

  static Types of(ObjectType kind) {
    KindTypes types = new KindTypes();
    CelType object = types.type(kind);
    while (!types.open.isEmpty()) {
      types.read(types.open.remove());
    }
    return new Types(object, List.copyOf(types.structs.values()));
  }

  private CelType type(Schema schema) {
    return switch (schema) {
      case Scalar scalar -> scalar(scalar);
      case ListOf list -> ListType.create(type(list.items()));
      case MapOf map -> MapType.create(SimpleType.STRING, type(map.values()));
      case ObjectType object -> object.open() ? SimpleType.DYN : struct(object);
    };
  }

  private static CelType scalar(Scalar scalar) {
    return switch (scalar) {
      case STRING -> SimpleType.STRING;
      case BOOLEAN -> SimpleType.BOOL;
      case INT32, INT64 -> SimpleType.INT;
      case DOUBLE -> SimpleType.DOUBLE;
      case BYTES -> SimpleType.BYTES;
      case TIME, MICRO_TIME -> SimpleType.TIMESTAMP;
      case QUANTITY, INT_OR_STRING, ANY, OPEN -> SimpleType.DYN;
    };
  }

  /** Types may refer to each other in circles: they do by name. */
  private CelType struct(ObjectType object) {
    String name = name(object);
    if (named.add(name)) {
      open.add(object);
    }
    return StructTypeReference.create(name);
  }

  private void read(ObjectType object) {
    ImmutableMap.Builder<String, CelType> builder = ImmutableMap.builder();
    for (Field field : object.fields().values()) {
      String escaped = CelNames.escape(field.name());
      if (escaped != null) {
        builder.put(escaped, type(field.type()));
      }
    }
    ImmutableMap<String, CelType> fields = builder.buildKeepingLast();
    String name = name(object);
    structs.put(
        name,
        StructType.create(name, fields.keySet(), field -> Optional.ofNullable(fields.get(field))));
  }

  private static String name(ObjectType object) {
    return "kubernetes.kinds." + object.name();
  }
}
