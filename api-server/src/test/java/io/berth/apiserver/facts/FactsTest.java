package io.berth.apiserver.facts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.schema.Schema;
import io.berth.api.schema.Schemas;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.apiserver.discovery.Discovery;
import io.berth.apiserver.server.ServedResources;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Holds what is served against what Kubernetes serves: nothing may differ. */
final class FactsTest {
  private static final String ALL = "create,delete,deletecollection,get,list,patch,update,watch";

  /**
   * What is still to come. A line goes as its part lands, and must go: what is named here and
   * served fails the test too.
   */
  private static final Set<String> TO_COME = Set.of();

  @Test
  void whatDiscoveryListsIsWhatKubernetesLists() throws IOException {
    Map<String, String> wanted = wantedResources();
    Map<String, String> served = servedResources();
    List<String> differences = new ArrayList<>();
    for (var fact : wanted.entrySet()) {
      String has = served.remove(fact.getKey());
      boolean toCome = TO_COME.contains(fact.getKey());
      if (has == null && !toCome) {
        differences.add("missing: " + fact.getKey());
      } else if (has != null && toCome) {
        differences.add("has come, take its line out: " + fact.getKey());
      } else if (has != null && !has.equals(fact.getValue())) {
        differences.add(fact.getKey() + ": " + has + " instead of " + fact.getValue());
      }
    }
    served.keySet().forEach(more -> differences.add("not Kubernetes': " + more));
    assertThat(differences).isEmpty();
  }

  @Test
  void everyTypeHasKubernetesFields() throws IOException {
    Map<String, String> served = new TreeMap<>();
    Schemas.all()
        .forEach(
            (type, schema) ->
                schema.fields().values().forEach(f -> served.put(type + "." + f.name(), text(f))));
    List<String> differences = new ArrayList<>();
    String type = "";
    for (String line : lines("types.txt")) {
      if (!line.startsWith("  ")) {
        type = line;
        continue;
      }
      String field = type + "." + line.substring(2, line.indexOf('='));
      String fact = line.substring(line.indexOf('=') + 1);
      String has = served.get(field);
      if (!fact.equals(has)) {
        differences.add(field + ": " + has + " instead of " + fact);
      }
    }
    assertThat(differences).isEmpty();
  }

  private static Map<String, String> wantedResources() throws IOException {
    Map<String, String> wanted = new TreeMap<>();
    String group = "";
    for (String line : lines("resources.txt")) {
      String[] words = line.strip().split(" ");
      if (words[0].equals("group")) {
        group = words[1] + "/" + words[2];
        continue;
      }
      String shortNames = "";
      String categories = "";
      String verbs = "";
      for (String word : words) {
        if (word.startsWith("short=")) {
          shortNames = word.substring(6);
        } else if (word.startsWith("in=")) {
          categories = word.substring(3);
        } else if (word.startsWith("verbs=")) {
          verbs = word.substring(6).equals("all") ? ALL : word.substring(6);
        } else if (word.startsWith("/")) {
          int open = word.indexOf('(');
          wanted.put(
              group + " " + words[0] + word.substring(0, open),
              word.substring(open + 1, word.length() - 1));
        }
      }
      wanted.put(
          group + " " + words[0],
          String.join(" ", words[1], words[2], shortNames, categories, verbs));
    }
    return wanted;
  }

  private static Map<String, String> servedResources() {
    Discovery discovery = new Discovery(ServedResources.builtIn());
    Map<String, String> served = new TreeMap<>();
    list(discovery, "core/v1", "/api/v1", served);
    for (JsonNode group : get(discovery, "/apis").path("groups")) {
      for (JsonNode version : group.path("versions")) {
        String name = version.path("groupVersion").asText();
        list(discovery, name, "/apis/" + name, served);
      }
    }
    return served;
  }

  private static void list(
      Discovery discovery, String group, String path, Map<String, String> served) {
    for (JsonNode resource : get(discovery, path).path("resources")) {
      String name = resource.path("name").asText();
      String verbs = joined(resource.path("verbs"));
      String scope = resource.path("namespaced").asBoolean() ? "namespaced" : "cluster";
      served.put(
          group + " " + name,
          name.contains("/")
              ? verbs
              : String.join(
                  " ",
                  resource.path("kind").asText(),
                  scope,
                  joined(resource.path("shortNames")),
                  joined(resource.path("categories")),
                  verbs));
    }
  }

  private static JsonNode get(Discovery discovery, String path) {
    ApiResponse answer = discovery.handle(ApiRequest.get(path));
    assertThat(answer).as(path).isNotNull();
    return Json.parse(answer.orThrow().body());
  }

  private static String joined(JsonNode list) {
    Set<String> sorted = new TreeSet<>();
    list.forEach(item -> sorted.add(item.asText()));
    return String.join(",", sorted);
  }

  private static String text(Schema.Field field) {
    StringBuilder text = new StringBuilder(text(field.type()));
    if (field.required()) {
      text.append('!');
    }
    if (field.type() instanceof Schema.ListOf list && list.type() != Schema.ListType.ATOMIC) {
      text.append(" list:").append(list.type().name().toLowerCase(Locale.ROOT));
      if (!list.keys().isEmpty()) {
        text.append(':').append(String.join(",", list.keys()));
      }
    }
    boolean ofType = field.type() instanceof Schema.ObjectType type && type.atomic();
    if (field.atomic() && !ofType) {
      text.append(" map:atomic");
    }
    Schema.PatchStrategy patch = field.patch();
    if (!patch.text().isEmpty()) {
      text.append(" patch:").append(patch.text());
    }
    if (patch.mergeKey() != null) {
      text.append(':').append(patch.mergeKey());
    }
    JsonNode otherwise = field.defaultValue();
    if (otherwise != null) {
      text.append(" default:").append(otherwise);
    }
    return text.toString();
  }

  private static String text(Schema schema) {
    return switch (schema) {
      case Schema.ListOf list -> "[]" + text(list.items());
      case Schema.MapOf map -> "map:" + text(map.values());
      case Schema.ObjectType type -> type.name();
      case Schema.Scalar scalar ->
          switch (scalar) {
            case BOOLEAN -> "bool";
            case INT_OR_STRING -> "int-or-string";
            case MICRO_TIME -> "microtime";
            default -> String.valueOf(scalar).toLowerCase(Locale.ROOT);
          };
    };
  }

  private static List<String> lines(String name) throws IOException {
    try (InputStream in = FactsTest.class.getResourceAsStream(name)) {
      assertThat(in).as(name).isNotNull();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .toList();
    }
  }
}
