package io.berth.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.Names;
import java.util.random.RandomGenerator;

/** The volume by which a client in a pod finds its credentials, as Kubernetes adds it. */
final class TokenVolume {
  private static final String PREFIX = "kube-api-access-";
  private static final String MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";

  /** An hour and a little: a number by which such tokens are known. */
  private static final int LIFETIME_SECONDS = 3_607;

  private static final int MODE = 0644;

  private TokenVolume() {}

  /** Mounts it into every container that has nothing at its place. */
  static void mount(ObjectNode spec, RandomGenerator random) {
    String present = present(spec);
    String name = present.isEmpty() ? Names.generate(PREFIX, random) : present;
    boolean needed = false;
    for (String list : new String[] {"initContainers", "containers"}) {
      for (JsonNode container : spec.path(list)) {
        if (container instanceof ObjectNode object && !taken(object)) {
          object
              .withArray("volumeMounts")
              .addObject()
              .put("name", name)
              .put("readOnly", true)
              .put("mountPath", MOUNT_PATH);
          needed = true;
        }
      }
    }
    if (needed && present.isEmpty()) {
      spec.withArray("volumes").add(volume(name));
    }
  }

  private static String present(ObjectNode spec) {
    for (JsonNode volume : spec.path("volumes")) {
      if (volume.path("name").asText("").startsWith(PREFIX)) {
        return volume.path("name").asText();
      }
    }
    return "";
  }

  private static boolean taken(ObjectNode container) {
    for (JsonNode mount : container.path("volumeMounts")) {
      if (mount.path("mountPath").asText("").equals(MOUNT_PATH)) {
        return true;
      }
    }
    return false;
  }

  private static ObjectNode volume(String name) {
    ObjectNode volume = Json.object().put("name", name);
    ObjectNode projected = volume.putObject("projected");
    ArrayNode sources = projected.putArray("sources");
    projected.put("defaultMode", MODE);
    sources
        .addObject()
        .putObject("serviceAccountToken")
        .put("expirationSeconds", LIFETIME_SECONDS)
        .put("path", "token");
    ObjectNode authority = sources.addObject().putObject("configMap");
    authority.put("name", "kube-root-ca.crt");
    authority.putArray("items").addObject().put("key", "ca.crt").put("path", "ca.crt");
    ObjectNode namespace = sources.addObject().putObject("downwardAPI");
    namespace
        .putArray("items")
        .addObject()
        .put("path", "namespace")
        .putObject("fieldRef")
        .put("apiVersion", "v1")
        .put("fieldPath", "metadata.namespace");
    return volume;
  }
}
