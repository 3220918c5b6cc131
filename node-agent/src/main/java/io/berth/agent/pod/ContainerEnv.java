package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.volumes.ConfigObjects;
import io.berth.agent.volumes.PodFields;
import io.berth.api.object.Quantity;
import io.berth.api.object.Text;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/** A container's environment from its pod, the objects it refers to, and services. Pure. */
final class ContainerEnv {
  private final JsonNode pod;
  private final Function<ConfigObjects.Ref, Optional<JsonNode>> objects;
  private final Map<String, Quantity> allocatable;

  /**
   * @param pod the pod, its addresses included
   */
  ContainerEnv(
      JsonNode pod,
      Function<ConfigObjects.Ref, Optional<JsonNode>> objects,
      Map<String, Quantity> allocatable) {
    this.pod = pod;
    this.objects = objects;
    this.allocatable = allocatable;
  }

  /**
   * All variables, in order; later ones win over earlier ones of the same name.
   *
   * @throws ConfigException something that is not optional is missing
   */
  Map<String, String> of(JsonNode container, Map<String, String> services) {
    Map<String, String> env = new LinkedHashMap<>(services);
    container.path("envFrom").forEach(source -> from(source, env));
    for (JsonNode variable : container.path("env")) {
      String name = variable.path("name").asText();
      JsonNode source = variable.path("valueFrom");
      if (!source.isObject()) {
        env.put(name, Expansion.expand(variable.path("value").asText(), env));
      } else {
        value(container, source).ifPresent(value -> env.put(name, value));
      }
    }
    return env;
  }

  private void from(JsonNode source, Map<String, String> env) {
    String prefix = source.path("prefix").asText();
    for (String kind : new String[] {"configMapRef", "secretRef"}) {
      JsonNode ref = source.path(kind);
      if (ref.isObject()) {
        Optional<JsonNode> object = object(kind, ref);
        object.ifPresent(o -> data(o).forEach((key, value) -> env.put(prefix + key, value)));
      }
    }
  }

  private static Map<String, String> data(JsonNode object) {
    Map<String, String> data = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : object.path("data").properties()) {
      data.put(entry.getKey(), text(object, entry.getValue()));
    }
    return data;
  }

  private static String text(JsonNode object, JsonNode value) {
    boolean secret = object.path("kind").asText().equals("Secret");
    return secret
        ? new String(Base64.getDecoder().decode(value.asText()), StandardCharsets.UTF_8)
        : value.asText();
  }

  private Optional<String> value(JsonNode container, JsonNode source) {
    if (source.path("configMapKeyRef").isObject()) {
      return key("configMapKeyRef", source.path("configMapKeyRef"));
    }
    if (source.path("secretKeyRef").isObject()) {
      return key("secretKeyRef", source.path("secretKeyRef"));
    }
    if (source.path("fieldRef").isObject()) {
      String path = source.path("fieldRef").path("fieldPath").asText();
      return Optional.of(
          PodFields.value(pod, path)
              .orElseThrow(() -> new ConfigException("unsupported fieldPath: " + path)));
    }
    JsonNode ref = source.path("resourceFieldRef");
    String resource = ref.path("resource").asText();
    JsonNode of = named(ref.path("containerName").asText(), container);
    return Optional.of(
        PodFields.resource(of, resource, ref.path("divisor").asText(), allocatable)
            .orElseThrow(() -> new ConfigException("unsupported resource: " + resource)));
  }

  private JsonNode named(String name, JsonNode container) {
    for (JsonNode other : pod.path("spec").path("containers")) {
      if (!name.isEmpty() && other.path("name").asText().equals(name)) {
        return other;
      }
    }
    return container;
  }

  private Optional<String> key(String kind, JsonNode ref) {
    Optional<JsonNode> object = object(kind, ref);
    String key = ref.path("key").asText();
    JsonNode value = object.map(o -> o.path("data").path(key)).orElse(null);
    if (object.isPresent() && value != null && !value.isMissingNode()) {
      return Optional.of(text(object.get(), value));
    }
    if (ref.path("optional").asBoolean()) {
      return Optional.empty();
    }
    String what = kind.startsWith("secret") ? "Secret" : "ConfigMap";
    throw new ConfigException(
        "couldn't find key "
            + key
            + " in "
            + what
            + " "
            + namespace()
            + "/"
            + ref.path("name").asText());
  }

  private Optional<JsonNode> object(String kind, JsonNode ref) {
    String name = ref.path("name").asText();
    Optional<JsonNode> found = objects.apply(ref(kind, name));
    if (found.isEmpty() && !ref.path("optional").asBoolean()) {
      String what = kind.startsWith("secret") ? "secret " : "configmap ";
      throw new ConfigException(what + Text.quote(name) + " not found");
    }
    return found;
  }

  private ConfigObjects.Ref ref(String kind, String name) {
    ResourceDefinition resource =
        kind.startsWith("secret") ? Resources.SECRETS : Resources.CONFIG_MAPS;
    return new ConfigObjects.Ref(resource, namespace(), name);
  }

  private String namespace() {
    return pod.path("metadata").path("namespace").asText();
  }

  /** The config maps and secrets that a pod's containers name. */
  static Set<ConfigObjects.Ref> refs(PodView pod) {
    Set<ConfigObjects.Ref> refs = new LinkedHashSet<>();
    for (ContainerDef def : pod.every()) {
      for (JsonNode source : def.json().path("envFrom")) {
        add(refs, pod, source, "configMapRef", "secretRef");
      }
      for (JsonNode variable : def.json().path("env")) {
        add(refs, pod, variable.path("valueFrom"), "configMapKeyRef", "secretKeyRef");
      }
    }
    return refs;
  }

  private static void add(
      Set<ConfigObjects.Ref> refs, PodView pod, JsonNode source, String map, String secret) {
    String namespace = pod.id().namespace();
    if (source.path(map).isObject()) {
      String name = source.path(map).path("name").asText();
      refs.add(new ConfigObjects.Ref(Resources.CONFIG_MAPS, namespace, name));
    }
    if (source.path(secret).isObject()) {
      String name = source.path(secret).path("name").asText();
      refs.add(new ConfigObjects.Ref(Resources.SECRETS, namespace, name));
    }
  }
}
