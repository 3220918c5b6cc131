package io.berth.apiserver.policy;

import com.google.common.collect.ImmutableSet;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import io.berth.api.schema.Schema;
import io.berth.api.schema.Schema.Field;
import io.berth.api.schema.Schema.ListOf;
import io.berth.api.schema.Schema.MapOf;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.schema.Schema.Scalar;
import io.berth.apiserver.cel.CelNames;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Types of the expression language from kinds. For one kind, by one thread. */
final class KindTypes {
  private final Map<String, CelType> structs = new LinkedHashMap<>();

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

  /** Types may refer to each other in circles: fields are looked up when they are asked for. */
  private CelType struct(ObjectType object) {
    String name = "kubernetes.kinds." + object.name();
    CelType known = structs.get(name);
    if (known != null) {
      return known;
    }
    Map<String, CelType> fields = new HashMap<>();
    ImmutableSet.Builder<String> names = ImmutableSet.builder();
    for (String field : object.fields().keySet()) {
      String escaped = CelNames.escape(field);
      if (escaped != null) {
        names.add(escaped);
      }
    }
    StructType struct =
        StructType.create(name, names.build(), field -> Optional.ofNullable(fields.get(field)));
    structs.put(name, struct);
    for (Field field : object.fields().values()) {
      String escaped = CelNames.escape(field.name());
      if (escaped != null) {
        fields.put(escaped, type(field.type()));
      }
    }
    return struct;
  }
}
