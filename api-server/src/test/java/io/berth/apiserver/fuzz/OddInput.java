package io.berth.apiserver.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.schema.Schema;
import io.berth.api.schema.Schema.Field;
import io.berth.api.schema.Schema.ListOf;
import io.berth.api.schema.Schema.MapOf;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.schema.Schema.Scalar;
import io.berth.api.schema.Schemas;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** What clients may send: objects of the right form with odd values, and what is left of them. */
final class OddInput {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private static final List<String> TEXTS =
      List.of(
          "",
          "a",
          "web",
          "A_b",
          "-",
          "a.b",
          "x".repeat(300),
          "default",
          "kube-system",
          "\u0000",
          "\ud83d\ude80",
          "1",
          "-1",
          "100m",
          "1e99",
          "1Gi",
          "10%",
          "-5%",
          "true",
          "null",
          "TCP",
          "Always",
          "ClusterIP",
          "None",
          "10.0.0.1",
          "::1",
          "10.0.0.0/8",
          "2026-01-01T00:00:00Z",
          "2026-13-45T99:99:99Z",
          "*",
          "a/b",
          "/etc",
          "../..",
          "{{",
          "$(X)",
          "exec",
          "\n",
          "v1",
          "apps/v1",
          "In",
          "Exists",
          "NoSchedule",
          "=",
          "!a",
          "a in (b",
          "YQ==",
          "not base64!");

  private static final List<String> NUMBERS =
      List.of(
          "0",
          "1",
          "-1",
          "65535",
          "65536",
          "2147483648",
          "9223372036854775807",
          "1e400",
          "99999999999999999999",
          "0.5",
          "-0",
          "1E3");

  private final Random random;

  OddInput(long seed) {
    random = new Random(seed);
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  <T> T oneOf(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  /** An object of that kind and name, whose fields mostly have the right types. */
  ObjectNode object(ResourceDefinition resource, String namespace, String name) {
    ObjectNode object =
        Json.object().put("apiVersion", resource.apiVersion()).put("kind", resource.kind());
    ObjectNode metadata = object.putObject("metadata").put("name", name);
    if (resource.namespaced()) {
      metadata.put("namespace", namespace);
    }
    if (chance(30)
        && value(Schemas.find("meta.v1.ObjectMeta").orElseThrow(), 2) instanceof ObjectNode more) {
      metadata.setAll(more);
      metadata.put("name", name);
    }
    for (Field field : Schemas.forResource(resource).fields().values()) {
      boolean set = field.name().equals("spec") || field.required() || chance(40);
      if (set && !List.of("apiVersion", "kind", "metadata").contains(field.name())) {
        object.set(field.name(), value(field.type(), 0));
      }
    }
    return object;
  }

  private JsonNode value(Schema schema, int depth) {
    if (chance(2)) {
      return anything(3);
    }
    return switch (schema) {
      case ObjectType type -> {
        ObjectNode object = Json.object();
        for (Field field : type.fields().values()) {
          if (field.required() ? !chance(4) : depth < 7 && chance(35 - 4 * depth)) {
            object.set(field.name(), value(field.type(), depth + 1));
          }
        }
        yield object;
      }
      case ListOf list -> {
        ArrayNode items = NODES.arrayNode();
        int length = chance(70) ? 1 : below(4);
        for (int i = 0; i < length && depth < 9; i++) {
          items.add(value(list.items(), depth + 1));
        }
        yield items;
      }
      case MapOf map -> {
        ObjectNode entries = Json.object();
        for (int i = below(3); i > 0 && depth < 9; i--) {
          entries.set(oneOf(TEXTS), value(map.values(), depth + 1));
        }
        yield entries;
      }
      case Scalar scalar -> scalar(scalar);
    };
  }

  private JsonNode scalar(Scalar scalar) {
    return switch (scalar) {
      case BOOLEAN -> NODES.booleanNode(chance(50));
      case INT32, INT64, DOUBLE -> Json.parse(oneOf(NUMBERS).getBytes(StandardCharsets.US_ASCII));
      case INT_OR_STRING, QUANTITY ->
          chance(50) ? NODES.textNode(oneOf(TEXTS)) : NODES.numberNode(below(100));
      case STRING, BYTES, TIME, MICRO_TIME -> NODES.textNode(oneOf(TEXTS));
      case ANY, OPEN -> anything(2);
    };
  }

  /** Any JSON. */
  JsonNode anything(int depth) {
    return switch (below(depth > 0 ? 7 : 5)) {
      case 0 -> NODES.nullNode();
      case 1 -> NODES.booleanNode(chance(50));
      case 2 -> Json.parse(oneOf(NUMBERS).getBytes(StandardCharsets.US_ASCII));
      case 3, 4 -> NODES.textNode(oneOf(TEXTS));
      case 5 -> NODES.arrayNode().add(anything(depth - 1)).add(anything(depth - 1));
      default -> {
        ObjectNode object = Json.object();
        object.set(oneOf(TEXTS), anything(depth - 1));
        yield object;
      }
    };
  }

  /** The same with one value at a random place replaced by any other, dropped or doubled. */
  JsonNode disturbed(JsonNode tree) {
    JsonNode copy = tree.deepCopy();
    JsonNode at = copy;
    while (at.isContainerNode() && !at.isEmpty()) {
      int index = below(at.size());
      JsonNode child =
          at.isArray()
              ? at.get(index)
              : at.properties().stream().skip(index).findFirst().orElseThrow().getValue();
      if (child.isContainerNode() && !child.isEmpty() && chance(75)) {
        at = child;
        continue;
      }
      if (at instanceof ArrayNode array) {
        array.set(index, anything(2));
        return copy;
      }
      ObjectNode object = (ObjectNode) at;
      String name = object.properties().stream().skip(index).findFirst().orElseThrow().getKey();
      if (chance(30)) {
        object.remove(name);
      } else {
        object.set(name, anything(3));
      }
      return copy;
    }
    return copy;
  }

  /** Bytes that were once these: flipped, cut, doubled or drowned. */
  byte[] mangled(byte[] bytes) {
    if (bytes.length == 0 || chance(10)) {
      byte[] noise = new byte[below(200)];
      random.nextBytes(noise);
      return noise;
    }
    byte[] copy = bytes.clone();
    return switch (below(4)) {
      case 0 -> Arrays.copyOf(copy, below(copy.length + 1));
      case 1 -> {
        for (int i = 1 + below(5); i > 0; i--) {
          copy[below(copy.length)] = (byte) below(256);
        }
        yield copy;
      }
      case 2 -> {
        int from = below(copy.length);
        byte[] twice = Arrays.copyOf(copy, copy.length * 2 - from);
        System.arraycopy(copy, from, twice, copy.length, copy.length - from);
        yield twice;
      }
      default -> "[".repeat(1 + below(20_000)).getBytes(StandardCharsets.US_ASCII);
    };
  }

  /** Text for a place where the server expects some other. */
  String text() {
    if (chance(80)) {
      return oneOf(TEXTS);
    }
    StringBuilder text = new StringBuilder();
    for (int i = below(20); i > 0; i--) {
      text.append((char) (chance(80) ? 32 + below(95) : below(0xd800)));
    }
    return text.toString();
  }
}
