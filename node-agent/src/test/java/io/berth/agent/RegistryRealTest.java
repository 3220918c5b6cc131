package io.berth.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.agent.images.TestingRegistry;
import io.berth.agent.runtime.ImageStore.Auth;
import io.berth.agent.runtime.ImageStore.Image;
import io.berth.api.resource.Resources;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Images out of real registries, open, locked and mirrored, into a real containerd. */
@Tag("real")
@Timeout(120)
class RegistryRealTest {
  @TempDir static Path directory;

  @SuppressWarnings("NullAway.Init")
  private static RealWorld world;

  @SuppressWarnings("NullAway.Init")
  private static TestingRegistry open;

  @SuppressWarnings("NullAway.Init")
  private static TestingRegistry locked;

  @SuppressWarnings("NullAway.Init")
  private static Agent agent;

  @BeforeAll
  static void start() throws Exception {
    open = new TestingRegistry(directory.resolve("open"), false);
    locked = new TestingRegistry(directory.resolve("locked"), true);
    world = new RealWorld("registry", "10.213.19.0/24");
    agent = world.agent();
  }

  @AfterAll
  static void stop() throws Exception {
    agent.pause();
    world.close();
    open.close();
    locked.close();
  }

  private static void secret(String name, String user, String password) {
    String auth = encoded(user + ":" + password);
    String config = "{\"auths\":{\"" + locked.host() + "\":{\"auth\":\"" + auth + "\"}}}";
    world.put(
        Resources.SECRETS,
        "{\"metadata\":{\"namespace\":\"default\",\"name\":\"%s\"},\"data\":{\".dockerconfigjson\":\"%s\"}}"
            .formatted(name, encoded(config)));
  }

  private static String encoded(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static void pod(String name, String image, String secrets) {
    world.pod(
        name,
        "\"imagePullSecrets\":[" + secrets + "]",
        "\"image\":\"" + image + "\",\"command\":[\"sleep\",\"1000\"]");
  }

  @Test
  void aPodRunsAnImageOfAnOpenRegistry() throws Exception {
    String image = open.push(world.node.environment, "team/app:1");
    pod("open", image, "");
    world.awaitRunning("open");
    assertThat(world.container("open").path("image").asText()).isEqualTo(image);
    assertThat(world.events("open"))
        .contains("Pulling: Pulling image \"" + image + "\"")
        .anyMatch(
            e ->
                e.matches(
                    "Pulled: Successfully pulled image \".*team/app:1\" in [0-9.]+m?s"
                        + " \\([0-9.]+m?s including waiting\\)\\. Image size: [0-9]+ bytes\\."));
    world.delete("open");
  }

  @Test
  void aLockedRegistryOpensWithAPodsSecretOnly() throws Exception {
    String image = locked.push(world.node.environment, "team/secret:1");
    pod("stranger", image, "{\"name\":\"absent\"}");
    world.await("stranger", () -> world.waiting("stranger").equals("ImagePullBackOff"));
    assertThat(world.container("stranger").at("/state/waiting/message").asText())
        .startsWith("Back-off pulling image \"" + image + "\": ErrImagePull: rpc error: code = ")
        .contains("failed to pull and unpack image \"" + image + "\"")
        .endsWith("401 Unauthorized");
    assertThat(world.events("stranger"))
        .contains(
            "FailedToRetrieveImagePullSecret: Unable to retrieve some image pull secrets (absent);"
                + " attempting to pull the image may not succeed.",
            "Failed: Error: ErrImagePull",
            "Failed: Error: ImagePullBackOff",
            "BackOff: Back-off pulling image \"" + image + "\"")
        .anyMatch(e -> e.startsWith("Failed: Failed to pull image \"" + image + "\": rpc error: "));

    secret("old", "mia", "wrong");
    secret("new", TestingRegistry.USER, TestingRegistry.PASSWORD);
    pod("friend", image, "{\"name\":\"old\"},{\"name\":\"new\"}");
    world.awaitRunning("friend");
    world.delete("stranger");
    world.delete("friend");
  }

  @Test
  void whatARegistryDoesNotHaveIsSaidInItsWords() {
    String missing = open.host() + "/team/none:1";
    assertThatThrownBy(() -> world.node.images.pull(missing, null))
        .hasMessage(
            "rpc error: code = NotFound desc = failed to pull and unpack image \"%1$s\": failed to"
                + " resolve reference \"%1$s\": %1$s: not found",
            missing);
  }

  @Test
  void anImageByItsDigestIsPulledAndMadeIntoAFileSystemForMachines() throws Exception {
    String image = locked.push(world.node.environment, "team/vm:1");
    Auth auth = new Auth(TestingRegistry.USER, TestingRegistry.PASSWORD);
    Image pulled = world.node.images.pull(image, auth);
    String digest =
        pulled.names().stream().filter(n -> n.contains("/vm@")).findFirst().orElseThrow();
    world.node.images.remove(image);
    assertThat(world.node.images.find(digest)).isEmpty();
    assertThat(world.node.images.pull(digest, auth).id()).isEqualTo(pulled.id());
    Path root = directory.resolve("root");
    world.node.images.unpack(digest, root);
    assertThat(Files.readString(root.resolve("www/index.html"))).isEqualTo("hello\n");
  }

  @Test
  void aMirrorStandsInForARegistry() throws Exception {
    open.push(world.node.environment, "mirrored/app:1");
    Path hosts = world.node.directory.resolve("containerd/certs.d/registry.invalid");
    Files.createDirectories(hosts);
    Files.writeString(
        hosts.resolve("hosts.toml"),
        """
        server = "https://registry.invalid"
        [host."http://%s"]
          capabilities = ["pull", "resolve"]
        """
            .formatted(open.host()));
    Image image = world.node.images.pull("registry.invalid/mirrored/app:1", null);
    assertThat(image.names()).contains("registry.invalid/mirrored/app:1");
  }
}
