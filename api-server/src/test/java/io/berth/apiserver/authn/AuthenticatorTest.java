package io.berth.apiserver.authn;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.api.time.SimulatedEnvironment;
import io.berth.api.transport.ApiException;
import io.berth.apiserver.authn.TokenClaims.NamedUid;
import io.berth.apiserver.pki.CertificateSpec;
import io.berth.apiserver.pki.Pki;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.store.memory.MemoryStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuthenticatorTest {
  private static final NamedUid ROBOT = new NamedUid("robot", "u1");
  private static final TokenClaims.Bound POD =
      new TokenClaims.Bound(TokenClaims.BoundKind.POD, new NamedUid("p", "p1"));
  @TempDir Path directory;
  private final SimulatedEnvironment environment = new SimulatedEnvironment(1);
  private final Map<String, String> uids =
      new HashMap<>(Map.of("serviceaccounts/d/robot", "u1", "pods/d/p", "p1"));
  private Pki pki;
  private ServiceAccountTokens tokens;
  private Authenticator authenticator;

  @BeforeEach
  void open() throws Exception {
    pki = Pki.open(directory, new MemoryStore(environment), environment.clock());
    tokens = tokens(pki);
    authenticator =
        new Authenticator(new ClientCertificates(pki.authority()), tokens, environment.clock());
  }

  private ServiceAccountTokens tokens(Pki of) {
    return new ServiceAccountTokens(
        of.tokenKey(),
        of.tokenPublicKey(),
        (resource, namespace, name) -> uids.get(resource.resource() + "/" + namespace + "/" + name),
        environment.clock());
  }

  private String token(TokenClaims.@Nullable Bound bound) {
    return tokens.issue("d", ROBOT, bound, null, List.of(), Duration.ofHours(1));
  }

  private Identity bearer(String token) {
    return authenticator.authenticate(null, "Bearer " + token);
  }

  private void refused(String token) {
    assertThatThrownBy(() -> bearer(token))
        .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.code()).isEqualTo(401));
  }

  @Test
  void aTokenNamesItsServiceAccount() {
    Identity robot = bearer(token(POD));
    assertThat(robot.name()).isEqualTo("system:serviceaccount:d:robot");
    assertThat(robot.uid()).isEqualTo("u1");
    assertThat(robot.groups())
        .containsExactly(
            "system:serviceaccounts", "system:serviceaccounts:d", "system:authenticated");
    assertThat(robot.extra().get("authentication.kubernetes.io/pod-name")).containsExactly("p");
  }

  @Test
  void aTokenDiesWithItsAccountItsPodAndItsTime() {
    String plain = token(null);
    String bound = token(POD);
    assertThat(bearer(bound).name()).endsWith("robot");
    uids.put("pods/d/p", "p2");
    refused(bound);
    assertThat(bearer(plain).name()).endsWith("robot");
    environment.advance(Duration.ofHours(1));
    refused(plain);
    String fresh = token(null);
    uids.remove("serviceaccounts/d/robot");
    refused(fresh);
  }

  @Test
  void tokensOfAnotherAudienceOrClusterAndForgedOnesAreRefused() throws Exception {
    refused(tokens.issue("d", ROBOT, null, null, List.of("vault"), Duration.ofHours(1)));
    Pki other =
        Pki.open(directory.resolve("other"), new MemoryStore(environment), environment.clock());
    refused(tokens(other).issue("d", ROBOT, null, null, List.of(), Duration.ofHours(1)));
    String good = token(null);
    String[] parts = good.split("\\.");
    String none =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString("{\"alg\":\"none\"}".getBytes(UTF_8));
    refused(none + "." + parts[1] + ".");
    refused(parts[0] + "." + parts[1].replace('a', 'b') + "." + parts[2]);
    refused(parts[0] + "." + parts[1]);
    refused("x");
    refused("");
    refused("x".repeat(100_000));
  }

  @Test
  void aCertificateNamesItsUserAndGroups() throws Exception {
    Identity admin = authenticator.authenticate(pki.admin().certificate(), null);
    assertThat(admin.name()).isEqualTo("kubernetes-admin");
    assertThat(admin.groups()).containsExactly("system:masters", "system:authenticated");
    Identity node = authenticator.authenticate(pki.node("n1").certificate(), null);
    assertThat(node.name()).isEqualTo("system:node:n1");
  }

  @Test
  void certificatesThatAreNotAClientsOfThisClusterAreRefused() throws Exception {
    Pki other =
        Pki.open(directory.resolve("other"), new MemoryStore(environment), environment.clock());
    for (var bad :
        List.of(
            other.admin().certificate(),
            pki.authority(),
            pki.certificate("s", CertificateSpec.server("x", new TreeSet<>(List.of("x"))))
                .certificate())) {
      assertThatThrownBy(() -> authenticator.authenticate(bad, null))
          .isInstanceOf(ApiException.class);
    }
    var admin = pki.admin().certificate();
    environment.advance(Duration.ofDays(6 * 365));
    assertThatThrownBy(() -> authenticator.authenticate(admin, null))
        .isInstanceOf(ApiException.class);
  }

  @Test
  void noCredentialsAreNobodyAndUnknownOnesAreRefused() {
    assertThat(authenticator.authenticate(null, null)).isEqualTo(Identity.ANONYMOUS);
    assertThatThrownBy(() -> authenticator.authenticate(null, "Basic YTpi"))
        .isInstanceOf(ApiException.class);
  }
}
