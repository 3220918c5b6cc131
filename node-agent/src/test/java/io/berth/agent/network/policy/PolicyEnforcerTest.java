package io.berth.agent.network.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.resource.Resources;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** From objects in an API server to real packets between network namespaces. */
@Tag("real")
@Timeout(90)
class PolicyEnforcerTest {
  private static final String DENY =
      "metadata: {name: p}\nspec: {podSelector: {matchLabels: {app: b}}, policyTypes: [%s]}";

  private final PolicyNet net = new PolicyNet();

  @AfterEach
  void stop() throws InterruptedException {
    net.close();
  }

  private static void await(BooleanSupplier holds, String what) {
    PolicyNet.await(holds, what);
  }

  @Test
  void ingressIsDeniedAndAllowedByLabelOnTheBridgeAndFromOutside() {
    net.start(false);
    assertThat(net.a.reaches(net.b.address)).isTrue();
    assertThat(net.outside.reaches(net.b.address)).isTrue();
    net.policy(DENY.formatted("Ingress"));
    await(() -> !net.a.reaches(net.b.address), "denied");
    assertThat(net.a.reaches(net.b.address6)).isFalse();
    assertThat(net.outside.reaches(net.b.address)).isFalse();
    assertThat(net.node.reaches(net.b.address)).as("from the node").isTrue();
    assertThat(net.node.reaches(net.b.address6)).as("from the node").isTrue();
    assertThat(net.b.reaches(net.c.address)).as("the other way").isTrue();
    assertThat(net.b.reaches(net.c.address6)).as("the other way").isTrue();
    assertThat(net.a.reaches(net.c.address)).as("not selected").isTrue();
    net.policy(
        DENY.formatted("Ingress").replaceFirst("}$", "")
            + ", ingress: [{from: [{podSelector: {matchLabels: {app: a}}}], ports: [{port: 8080}]},"
            + " {from: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.7/32]}}]}]}");
    await(() -> net.a.reaches(net.b.address), "allowed");
    assertThat(net.a.reaches(net.b.address6)).isTrue();
    assertThat(net.c.reaches(net.b.address)).isFalse();
    assertThat(net.c.reaches(net.b.address6)).isFalse();
    assertThat(net.outside.reaches(net.b.address)).isTrue();
    net.api.remove(Resources.NETWORK_POLICIES, "default", "p");
    await(() -> net.c.reaches(net.b.address), "free");
  }

  /** Few kernels follow connections on a bridge; where they do not, it must be told. */
  @Test
  void aBridgeThatHidesItsPacketsIsJudgedItselfOrItIsTold() {
    net.start(true);
    net.policy(DENY.formatted("Ingress"));
    await(() -> net.enforcer.health() != null || !net.a.reaches(net.b.address), "denied or told");
    if (net.enforcer.health() == null) {
      assertThat(net.a.reaches(net.b.address6)).isFalse();
      assertThat(net.b.reaches(net.a.address)).isTrue();
    }
    assertThat(net.node.reaches(net.b.address)).isTrue();
    assertThat(net.outside.reaches(net.b.address)).isFalse();
  }

  @Test
  void egressIsJudgedBehindServicesAndToTheNode() {
    net.start(false);
    net.service("10.99.0.1", net.c);
    net.service("10.99.0.2", net.b);
    assertThat(net.b.reaches("10.99.0.1", 80)).isTrue();
    assertThat(net.b.reaches(net.gateway, 53)).isTrue();
    net.policy(DENY.formatted("Egress"));
    await(() -> !net.b.reaches(net.c.address), "denied");
    assertThat(net.b.reaches("10.99.0.1", 80)).isFalse();
    assertThat(net.b.reaches("10.99.0.2", 80)).as("itself, by its service").isTrue();
    assertThat(net.b.reaches(net.outside.address)).isFalse();
    assertThat(net.b.reaches(net.gateway, 53)).as("the resolver").isFalse();
    assertThat(net.a.reaches(net.b.address)).as("the other way").isTrue();
    net.policy(
        DENY.formatted("Egress").replaceFirst("}$", "")
            + ", egress: [{to: [{podSelector: {matchLabels: {app: c}}}], ports: [{port: http}]},"
            + " {to: [{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app:"
            + " kube-dns}}}]}]}");
    await(() -> net.b.reaches(net.c.address), "allowed by the port's name");
    assertThat(net.b.reaches("10.99.0.1", 80)).isTrue();
    assertThat(net.b.reaches(net.gateway, 53)).isTrue();
    assertThat(net.b.reaches(net.gateway, 8080)).isFalse();
    assertThat(net.b.reaches(net.a.address)).isFalse();
  }

  @Test
  void whatIsEstablishedGoesOnAndWhatTheNodeSendsPasses() {
    net.start(false);
    net.policy(DENY.formatted("Ingress, Egress"));
    await(() -> !net.a.reaches(net.b.address), "denied");
    assertThat(net.node.reaches(net.b.address)).as("a probe, and its answer").isTrue();
  }

  @Test
  void aPodIsIsolatedBeforeTheApiKnowsItsAddress() {
    net.start(false);
    net.policy(DENY.formatted("Ingress"));
    await(() -> !net.a.reaches(net.b.address), "denied");
    JsonNode unborn = net.pod("late", "app: b", "", "");
    net.enforcer.admit(net.object(unborn), List.of(net.c.address));
    assertThat(net.a.reaches(net.c.address)).isFalse();
    net.api.put(Resources.PODS, unborn);
    net.enforcer.admit(net.object(unborn), List.of(net.c.address));
    net.api.remove(Resources.PODS, "default", "late");
    await(() -> net.known("late") == 0, "gone from the API");
    assertThat(net.a.reaches(net.c.address)).as("but not yet from the node").isFalse();
    net.enforcer.release("late");
    await(() -> net.a.reaches(net.c.address), "its address is another's");
  }

  @Test
  void addressesOfTheLinkAreNoWayAround() {
    net.start(false);
    String way = net.b.linkLocal() + "%eth0";
    assertThat(net.a.reaches(way)).isFalse();
    assertThat(net.a.reaches(net.b.address6)).isTrue();
    net.enforcer.remove();
    assertThat(net.a.reaches(way)).as("nothing else is in the way").isTrue();
  }

  @Test
  void rulesThatSomebodyFlushedComeBackWithTheNextChange() {
    net.start(false);
    net.policy(DENY.formatted("Ingress"));
    await(() -> !net.a.reaches(net.b.address), "denied");
    net.node.command.run("nft", "flush", "ruleset");
    assertThat(net.a.reaches(net.b.address)).isTrue();
    net.policy(DENY.formatted("Ingress, Egress"));
    await(() -> !net.a.reaches(net.b.address), "denied again");
    assertThat(net.enforcer.health()).isNull();
  }

  @Test
  void aPodThatEndedKeepsNothing() {
    net.start(false);
    net.policy(
        DENY.formatted("Ingress").replaceFirst("}$", "")
            + ", ingress: [{from: [{podSelector: {matchLabels: {app: a}}}]}]}");
    await(() -> !net.c.reaches(net.b.address), "denied");
    assertThat(net.a.reaches(net.b.address)).isTrue();
    net.api.put(Resources.PODS, net.pod("a", "app: a", net.a.address, "Succeeded"));
    await(() -> !net.a.reaches(net.b.address), "its address means nothing any more");
  }
}
