package io.berth.agent.images;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.runtime.ImageStore.Auth;
import io.berth.api.codec.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What secrets say of registries, matched to images as a kubelet does: a key names a host, whose
 * labels may hold {@code *}, a port where the registry has one, and the beginning of a path; of the
 * keys that fit the last in the alphabet, and so the longest, comes first. Immutable.
 */
public final class RegistryCredentials {
  /** What Docker's own tools call the default registry in their configuration. */
  private static final String DEFAULT_REGISTRY_KEY = "index.docker.io";

  private static final String DEFAULT_REGISTRY = "docker.io";

  /**
   * @param path empty, or with a slash at its front
   */
  private record Entry(String host, String path, Auth auth) {
    static Entry of(String key, Auth auth) {
      String url = key.replaceFirst("^https?://", "");
      int slash = url.indexOf('/');
      String path = slash < 0 ? "" : url.substring(slash);
      if (path.startsWith("/v1/") || path.startsWith("/v2/")) {
        path = path.substring(3);
      }
      return new Entry(
          slash < 0 ? url : url.substring(0, slash), path.equals("/") ? "" : path, auth);
    }

    String key() {
      return host + path;
    }

    boolean fits(ImageReference image) {
      return ("/" + image.path()).startsWith(path) && hostFits(host, image.registry());
    }
  }

  private final List<Entry> entries;

  private RegistryCredentials(List<Entry> entries) {
    this.entries = entries;
  }

  /**
   * Reads secrets of the types {@code kubernetes.io/dockerconfigjson} and {@code
   * kubernetes.io/dockercfg}; what in them is malformed counts for nothing.
   */
  public static RegistryCredentials of(List<JsonNode> secrets) {
    List<Entry> entries = new ArrayList<>();
    for (JsonNode secret : secrets) {
      add(document(secret, ".dockerconfigjson").path("auths"), entries);
      add(document(secret, ".dockercfg"), entries);
    }
    entries.sort(Comparator.comparing(Entry::key).reversed());
    return new RegistryCredentials(List.copyOf(entries));
  }

  /** All that may open the image's registry, the likeliest first; each is worth a try. */
  public List<Auth> matching(String reference) {
    ImageReference image = ImageReference.parse(reference);
    List<Auth> fitting =
        entries.stream().filter(e -> e.fits(image)).map(Entry::auth).distinct().toList();
    if (!fitting.isEmpty() || !image.registry().equals(DEFAULT_REGISTRY)) {
      return fitting;
    }
    return entries.stream()
        .filter(e -> e.key().equals(DEFAULT_REGISTRY_KEY))
        .map(Entry::auth)
        .distinct()
        .toList();
  }

  private static boolean hostFits(String key, String registry) {
    String[] wanted = key.split(":", 2);
    String[] given = registry.split(":", 2);
    String wantedPort = wanted.length == 2 ? wanted[1] : "";
    String[] globs = wanted[0].split("\\.", -1);
    String[] labels = given[0].split("\\.", -1);
    if (!wantedPort.equals(given.length == 2 ? given[1] : "") || globs.length != labels.length) {
      return false;
    }
    for (int i = 0; i < globs.length; i++) {
      if (!glob(globs[i]).matcher(labels[i]).matches()) {
        return false;
      }
    }
    return true;
  }

  private static Pattern glob(String text) {
    StringBuilder expression = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      expression.append(
          switch (c) {
            case '*' -> ".*";
            case '?' -> ".";
            default -> Pattern.quote(String.valueOf(c));
          });
    }
    return Pattern.compile(expression.toString());
  }

  private static JsonNode document(JsonNode secret, String key) {
    try {
      String encoded = secret.path("data").path(key).asText();
      return encoded.isEmpty() ? Json.object() : Json.parse(Base64.getDecoder().decode(encoded));
    } catch (IllegalArgumentException e) {
      return Json.object();
    }
  }

  private static void add(JsonNode auths, List<Entry> entries) {
    for (var entry : auths.properties()) {
      Auth auth = auth(entry.getValue());
      if (!auth.username().isEmpty()) {
        entries.add(Entry.of(entry.getKey(), auth));
      }
    }
  }

  private static Auth auth(JsonNode entry) {
    String user = entry.path("username").asText();
    String password = entry.path("password").asText();
    String both = entry.path("auth").asText();
    if (!both.isEmpty()) {
      try {
        // Some tools break the lines, some leave out the padding.
        byte[] decoded = Base64.getMimeDecoder().decode(both);
        String text = new String(decoded, StandardCharsets.UTF_8);
        int colon = text.indexOf(':');
        user = colon < 0 ? "" : text.substring(0, colon);
        password = text.substring(colon + 1);
      } catch (IllegalArgumentException e) {
        return new Auth("", "");
      }
    }
    return new Auth(user, password);
  }
}
