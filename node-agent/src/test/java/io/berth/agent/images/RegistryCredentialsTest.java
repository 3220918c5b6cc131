package io.berth.agent.images;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.runtime.ImageStore.Auth;
import io.berth.api.codec.Json;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegistryCredentialsTest {
  private static JsonNode secret(String key, String document) {
    ObjectNode secret = Json.object();
    secret.putObject("data").put(key, base64(document));
    return secret;
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static RegistryCredentials keyed(String... keys) {
    ObjectNode document = Json.object();
    ObjectNode auths = document.putObject("auths");
    for (String key : keys) {
      auths.putObject(key).put("username", key).put("password", "p");
    }
    return RegistryCredentials.of(List.of(secret(".dockerconfigjson", document.toString())));
  }

  private static List<String> users(RegistryCredentials credentials, String image) {
    return credentials.matching(image).stream().map(Auth::username).toList();
  }

  @ParameterizedTest
  @CsvSource({
    "example.com, example.com/a/b:1",
    "https://example.com, example.com/a:1",
    "https://example.com/v2/, example.com/a:1",
    "example.com:5000, example.com:5000/a",
    "example.com/team, example.com/team/app@sha256:"
        + "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "*.example.com, eu.example.com/a",
    "*.*.example.com, a.eu.example.com/a",
    "reg-?.example.com:5000, reg-1.example.com:5000/x",
    "https://index.docker.io/v1/, busybox",
    "index.docker.io, docker.io/team/app:1",
    "docker.io, team/app",
  })
  void aKeyFits(String key, String image) {
    assertThat(users(keyed(key), image)).containsExactly(key);
  }

  @ParameterizedTest
  @CsvSource({
    "example.com, example.com:5000/a",
    "example.com:5000, example.com/a",
    "*.example.com, example.com/a",
    "*.example.com, a.b.example.com/a",
    "*, example.com/a",
    "example.com/team, example.com/other/app",
    "https://index.docker.io/v1/, quay.io/a/b",
  })
  void aKeyFitsNot(String key, String image) {
    assertThat(users(keyed(key), image)).isEmpty();
  }

  @Test
  void theLongestKeyIsTriedFirst() {
    assertThat(users(keyed("example.com", "example.com/a", "example.com/a/b"), "example.com/a/b/c"))
        .containsExactly("example.com/a/b", "example.com/a", "example.com");
  }

  @Test
  void everyFormOfTheFileIsRead() {
    String old = "{\"example.com\":{\"auth\":\"" + base64("ann:a:b") + "\",\"email\":\"x\"}}";
    String both = "{\"auths\":{\"example.com\":{\"username\":\"u\",\"auth\":\"Ym9iOnB3\\n\"}}}";
    RegistryCredentials credentials =
        RegistryCredentials.of(
            List.of(secret(".dockercfg", old), secret(".dockerconfigjson", both)));
    assertThat(credentials.matching("example.com/a"))
        .containsExactlyInAnyOrder(new Auth("ann", "a:b"), new Auth("bob", "pw"));
  }

  @Test
  void whatIsMalformedCountsForNothing() {
    List<JsonNode> secrets =
        List.of(
            Json.object(),
            secret(".dockerconfigjson", "{"),
            secret(".dockercfg", "[]"),
            secret(".dockerconfigjson", "{\"auths\":{\"example.com\":{\"auth\":\"!!\"}}}"));
    assertThat(RegistryCredentials.of(secrets).matching("example.com/a")).isEmpty();
  }
}
