package io.berth.agent.volumes;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Quantity;
import io.berth.api.object.Text;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * The files of volumes that are made of objects: config maps, secrets, the downward API, and
 * projections of these and of service account tokens.
 */
final class FileSources {
  private static final int DEFAULT_MODE = 0644;

  private final JsonNode pod;
  private final Function<ConfigObjects.Ref, Optional<JsonNode>> objects;
  private final Function<JsonNode, String> tokens;
  private final Map<String, Quantity> allocatable;
  private final SortedMap<String, AtomicFiles.Content> files = new TreeMap<>();

  /**
   * @param objects finds config maps and secrets
   * @param tokens gets the token for a source that asks for one
   */
  FileSources(
      JsonNode pod,
      Function<ConfigObjects.Ref, Optional<JsonNode>> objects,
      Function<JsonNode, String> tokens,
      Map<String, Quantity> allocatable) {
    this.pod = pod;
    this.objects = objects;
    this.tokens = tokens;
    this.allocatable = allocatable;
  }

  /**
   * All files of a volume.
   *
   * @throws VolumeException an object or key that is not optional is missing
   */
  SortedMap<String, AtomicFiles.Content> of(JsonNode volume) {
    JsonNode projected = volume.path("projected");
    if (projected.isObject()) {
      int mode = projected.path("defaultMode").asInt(DEFAULT_MODE);
      for (JsonNode source : projected.path("sources")) {
        add(source, mode, "name");
        if (source.path("serviceAccountToken").isObject()) {
          token(source.path("serviceAccountToken"), mode);
        }
      }
    } else {
      for (String kind : new String[] {"configMap", "secret", "downwardAPI"}) {
        if (volume.path(kind).isObject()) {
          add(volume, volume.path(kind).path("defaultMode").asInt(DEFAULT_MODE), "secretName");
        }
      }
    }
    return files;
  }

  private void add(JsonNode source, int mode, String secretName) {
    if (source.path("configMap").isObject()) {
      object(source.path("configMap"), Resources.CONFIG_MAPS, "name", mode);
    }
    if (source.path("secret").isObject()) {
      object(source.path("secret"), Resources.SECRETS, secretName, mode);
    }
    if (source.path("downwardAPI").isObject()) {
      downward(source.path("downwardAPI"), mode);
    }
  }

  private void object(JsonNode source, ResourceDefinition resource, String nameField, int mode) {
    String namespace = pod.path("metadata").path("namespace").asText();
    String name = source.path(nameField).asText();
    boolean optional = source.path("optional").asBoolean();
    Optional<JsonNode> found = objects.apply(new ConfigObjects.Ref(resource, namespace, name));
    if (found.isEmpty() && !optional) {
      throw new VolumeException(
          resource.plural().equals("secrets")
              ? "secret " + Text.quote(name) + " not found"
              : "configmap " + Text.quote(name) + " not found");
    }
    SortedMap<String, byte[]> data = found.map(FileSources::data).orElseGet(TreeMap::new);
    if (!source.path("items").isArray() || source.path("items").isEmpty()) {
      data.forEach((key, bytes) -> files.put(key, new AtomicFiles.Content(bytes, mode)));
      return;
    }
    for (JsonNode item : source.path("items")) {
      String key = item.path("key").asText();
      byte[] bytes = data.get(key);
      if (bytes != null) {
        int itemMode = item.path("mode").asInt(mode);
        files.put(item.path("path").asText(), new AtomicFiles.Content(bytes, itemMode));
      } else if (!optional) {
        throw new VolumeException("references non-existent key: " + key);
      }
    }
  }

  /** The data of a config map or secret. */
  static SortedMap<String, byte[]> data(JsonNode object) {
    SortedMap<String, byte[]> data = new TreeMap<>();
    boolean secret = object.path("kind").asText().equals("Secret");
    for (Map.Entry<String, JsonNode> entry : object.path("data").properties()) {
      String text = entry.getValue().asText();
      data.put(
          entry.getKey(),
          secret ? Base64.getDecoder().decode(text) : text.getBytes(StandardCharsets.UTF_8));
    }
    for (Map.Entry<String, JsonNode> entry : object.path("binaryData").properties()) {
      data.put(entry.getKey(), Base64.getDecoder().decode(entry.getValue().asText()));
    }
    return data;
  }

  /**
   * Where all containers run as one user, or the pod has a group, readable by these alone; the
   * group gets its right with the volume's other files.
   */
  private void token(JsonNode source, int mode) {
    byte[] bytes = tokens.apply(source).getBytes(StandardCharsets.US_ASCII);
    long user = onlyUser(pod.path("spec"));
    boolean grouped = pod.path("spec").path("securityContext").hasNonNull("fsGroup");
    int bits = user >= 0 || grouped ? 0600 : mode;
    files.put(source.path("path").asText(), new AtomicFiles.Content(bytes, bits, user));
  }

  /** The user that every container is said to run as, or -1 where there is no such. */
  static long onlyUser(JsonNode spec) {
    long only = -1;
    for (String list : new String[] {"initContainers", "containers"}) {
      for (JsonNode container : spec.path(list)) {
        JsonNode own = container.path("securityContext").path("runAsUser");
        JsonNode user = own.isNumber() ? own : spec.path("securityContext").path("runAsUser");
        if (!user.isNumber() || (only >= 0 && only != user.asLong())) {
          return -1;
        }
        only = user.asLong();
      }
    }
    return only;
  }

  private void downward(JsonNode source, int mode) {
    for (JsonNode item : source.path("items")) {
      String value;
      if (item.path("fieldRef").isObject()) {
        String path = item.path("fieldRef").path("fieldPath").asText();
        value =
            PodFields.value(pod, path)
                .orElseThrow(() -> new VolumeException("unsupported fieldPath: " + path));
      } else {
        JsonNode ref = item.path("resourceFieldRef");
        String resource = ref.path("resource").asText();
        value =
            PodFields.resource(
                    container(ref.path("containerName").asText()),
                    resource,
                    ref.path("divisor").asText(),
                    allocatable)
                .orElseThrow(() -> new VolumeException("unsupported resource: " + resource));
      }
      byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
      int itemMode = item.path("mode").asInt(mode);
      files.put(item.path("path").asText(), new AtomicFiles.Content(bytes, itemMode));
    }
  }

  private JsonNode container(String name) {
    for (String list : new String[] {"containers", "initContainers"}) {
      for (JsonNode container : pod.path("spec").path(list)) {
        if (container.path("name").asText().equals(name)) {
          return container;
        }
      }
    }
    throw new VolumeException("no container " + Text.quote(name));
  }

  /** The config maps and secrets that a volume names. */
  static Set<ConfigObjects.Ref> refs(JsonNode volume, String namespace) {
    Set<ConfigObjects.Ref> refs =
        new TreeSet<>(
            java.util.Comparator.comparing((ConfigObjects.Ref r) -> r.resource().plural())
                .thenComparing(ConfigObjects.Ref::name));
    refs(volume, namespace, "secretName", refs);
    volume.path("projected").path("sources").forEach(s -> refs(s, namespace, "name", refs));
    return refs;
  }

  private static void refs(
      JsonNode source, String namespace, String secretName, Set<ConfigObjects.Ref> refs) {
    String map = source.path("configMap").path("name").asText();
    if (!map.isEmpty()) {
      refs.add(new ConfigObjects.Ref(Resources.CONFIG_MAPS, namespace, map));
    }
    String secret = source.path("secret").path(secretName).asText();
    if (!secret.isEmpty()) {
      refs.add(new ConfigObjects.Ref(Resources.SECRETS, namespace, secret));
    }
  }
}
