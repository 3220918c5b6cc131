package io.berth.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.time.Environment;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The current context of a kubeconfig file: which server, as whom, in which namespace.
 *
 * @param server scheme, host and port
 * @param authority PEM of the server's authority, or null for those the JDK trusts
 * @param certificate PEM of the client's certificate, or null
 * @param key PEM of the client's key, or null
 * @param token bearer token, or null
 * @param namespace the context's namespace, {@code default} where it names none
 */
public record Kubeconfig(
    URI server,
    @Nullable String authority,
    @Nullable String certificate,
    @Nullable String key,
    @Nullable String token,
    String namespace) {

  /**
   * @param file the file
   * @param tree its content
   * @throws IOException a file it names cannot be read
   * @throws IllegalArgumentException the file names no usable server or asks for what is not
   *     supported
   */
  public static Kubeconfig of(Path file, JsonNode tree) throws IOException {
    JsonNode context =
        named(tree, "contexts", tree.path("current-context").asText(), file).path("context");
    JsonNode cluster =
        named(tree, "clusters", context.path("cluster").asText(), file).path("cluster");
    JsonNode user = named(tree, "users", context.path("user").asText(), file).path("user");
    if (user.has("exec") || user.has("auth-provider")) {
      throw new IllegalArgumentException(
          file
              + ": users[].user.exec and auth-provider are not supported: use a token or a"
              + " certificate");
    }
    String namespace = context.path("namespace").asText("");
    return new Kubeconfig(
        URI.create(cluster.path("server").asText()),
        data(file, cluster, "certificate-authority"),
        data(file, user, "client-certificate"),
        data(file, user, "client-key"),
        token(file, user),
        namespace.isEmpty() ? "default" : namespace);
  }

  /** The same by another address of the server. */
  public Kubeconfig at(URI otherServer) {
    return new Kubeconfig(otherServer, authority, certificate, key, token, namespace);
  }

  public HttpsTransport open(Environment environment) {
    return new HttpsTransport(
        server, PemTls.context(authority, certificate, key), token, environment);
  }

  private static JsonNode named(JsonNode tree, String list, String name, Path file) {
    for (JsonNode item : tree.path(list)) {
      if (item.path("name").asText().equals(name)) {
        return item;
      }
    }
    throw new IllegalArgumentException(file + ": " + list + " has no entry \"" + name + "\"");
  }

  private static @Nullable String data(Path file, JsonNode node, String name) throws IOException {
    if (node.has(name + "-data")) {
      byte[] decoded = Base64.getDecoder().decode(node.path(name + "-data").asText());
      return new String(decoded, StandardCharsets.US_ASCII);
    }
    return node.has(name) ? Files.readString(sibling(file, node.path(name).asText())) : null;
  }

  private static @Nullable String token(Path file, JsonNode user) throws IOException {
    if (user.has("tokenFile")) {
      return Files.readString(sibling(file, user.path("tokenFile").asText())).strip();
    }
    return user.has("token") ? user.path("token").asText() : null;
  }

  private static Path sibling(Path file, String named) {
    return file.toAbsolutePath().resolveSibling(named);
  }
}
