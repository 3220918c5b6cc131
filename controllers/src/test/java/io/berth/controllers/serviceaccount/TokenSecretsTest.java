package io.berth.controllers.serviceaccount;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.resource.Resources;
import io.berth.controllers.ControllersConfig;
import io.berth.controllers.testing.Cluster;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TokenSecretsTest {
  private final Cluster cluster = new Cluster(1, ControllersConfig.DEFAULT.withRootCa("PEM"));

  @AfterEach
  void close() {
    cluster.close();
  }

  private static String text(JsonNode secret, String key) {
    return new String(
        Base64.getDecoder().decode(secret.path("data").path(key).asText()), StandardCharsets.UTF_8);
  }

  private void secret(String name, String account) {
    cluster.put(
        Resources.SECRETS,
        "{'metadata':{'name':'%s','namespace':'ns','annotations':"
            + "{'kubernetes.io/service-account.name':'%s'}},"
            + "'type':'kubernetes.io/service-account-token'}",
        name,
        account);
    cluster.settle();
  }

  @Test
  void aTokenSecretIsFilledOnceAndGoesWithItsAccount() {
    secret("t", "default");
    JsonNode filled = cluster.get(Resources.SECRETS, "t");
    assertThat(text(filled, "token")).startsWith("token-");
    assertThat(text(filled, "ca.crt")).isEqualTo("PEM");
    assertThat(text(filled, "namespace")).isEqualTo("ns");
    assertThat(
            filled
                .path("metadata")
                .path("annotations")
                .path("kubernetes.io/service-account.uid")
                .asText())
        .isEqualTo(Cluster.uid(cluster.get(Resources.SERVICE_ACCOUNTS, "default")));
    long writes = cluster.writes();
    cluster.advance(60);
    assertThat(cluster.writes()).as("a cluster at rest is silent").isEqualTo(writes);
    cluster.put(Resources.SERVICE_ACCOUNTS, "{'metadata':{'name':'robot','namespace':'ns'}}");
    secret("r", "robot");
    cluster.api.remove(Resources.SERVICE_ACCOUNTS, "ns", "robot");
    cluster.settle();
    assertThat(cluster.api.find(Resources.SECRETS, "ns", "r")).isEmpty();
    assertThat(cluster.api.find(Resources.SECRETS, "ns", "t")).isPresent();
  }

  @Test
  void aSecretOfNoAccountIsDeleted() {
    secret("t", "nobody");
    assertThat(cluster.api.find(Resources.SECRETS, "ns", "t")).isEmpty();
  }

  @Test
  void aBootstrapTokenIsDeletedWhenItsTimeIsOver() {
    String ends = cluster.environment.clock().now().plusSeconds(100).toString();
    cluster.put(
        Resources.SECRETS,
        "{'metadata':{'name':'bootstrap-token-abcdef','namespace':'kube-system'},"
            + "'type':'bootstrap.kubernetes.io/token','data':{'expiration':'%s'}}",
        Base64.getEncoder().encodeToString(ends.getBytes(StandardCharsets.UTF_8)));
    cluster.advance(90);
    assertThat(cluster.api.find(Resources.SECRETS, "kube-system", "bootstrap-token-abcdef"))
        .isPresent();
    cluster.advance(15);
    assertThat(cluster.api.find(Resources.SECRETS, "kube-system", "bootstrap-token-abcdef"))
        .isEmpty();
  }
}
