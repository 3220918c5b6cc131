package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.runtime.ImageStore;
import io.berth.agent.volumes.ConfigObjects;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Finds the credentials for an image among a pod's image pull secrets. */
final class PullSecrets {
  private PullSecrets() {}

  static Function<String, ImageStore.@Nullable Auth> of(
      PodView pod, Function<ConfigObjects.Ref, Optional<JsonNode>> objects) {
    return image -> {
      for (JsonNode ref : pod.spec().path("imagePullSecrets")) {
        ConfigObjects.Ref name =
            new ConfigObjects.Ref(
                Resources.SECRETS, pod.id().namespace(), ref.path("name").asText());
        ImageStore.Auth auth = objects.apply(name).map(s -> auth(s, image)).orElse(null);
        if (auth != null) {
          return auth;
        }
      }
      return null;
    };
  }

  private static ImageStore.@Nullable Auth auth(JsonNode secret, String image) {
    String encoded = secret.path("data").path(".dockerconfigjson").asText();
    if (encoded.isEmpty()) {
      return null;
    }
    JsonNode auths = Json.parse(Base64.getDecoder().decode(encoded)).path("auths");
    for (Map.Entry<String, JsonNode> entry : auths.properties()) {
      if (host(entry.getKey()).equals(registry(image))) {
        return auth(entry.getValue());
      }
    }
    return null;
  }

  private static ImageStore.Auth auth(JsonNode entry) {
    String user = entry.path("username").asText();
    String password = entry.path("password").asText();
    String both = entry.path("auth").asText();
    if (user.isEmpty() && !both.isEmpty()) {
      String text = new String(Base64.getDecoder().decode(both), StandardCharsets.UTF_8);
      int colon = text.indexOf(':');
      user = colon < 0 ? text : text.substring(0, colon);
      password = colon < 0 ? "" : text.substring(colon + 1);
    }
    return new ImageStore.Auth(user, password);
  }

  private static String host(String url) {
    String host = url.replaceFirst("^https?://", "").split("/", 2)[0];
    return host.equals("index.docker.io") ? "docker.io" : host;
  }

  private static String registry(String image) {
    String first = image.split("/", 2)[0];
    boolean named =
        image.contains("/")
            && (first.contains(".") || first.contains(":") || first.equals("localhost"));
    return named ? first : "docker.io";
  }
}
