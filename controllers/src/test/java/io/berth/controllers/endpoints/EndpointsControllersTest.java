package io.berth.controllers.endpoints;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.Resources;
import io.berth.controllers.testing.Cluster;
import io.berth.controllers.testing.Objects;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EndpointsControllersTest {
  private final Cluster cluster = new Cluster(1);

  @AfterEach
  void close() {
    cluster.close();
  }

  private void service(String spec) {
    cluster.api.put(
        Resources.SERVICES,
        Objects.tree(
            "{'metadata':{'name':'web','namespace':'ns','labels':{'x':'y'}},'spec':%s}", spec));
    cluster.settle();
  }

  private void pod(String name, String ip, boolean ready) {
    pod(name, ip, ready, 8080, "");
  }

  private void pod(String name, String ip, boolean ready, int port, String metadata) {
    cluster.put(
        Resources.PODS,
        "{'metadata':{'name':'%s','namespace':'ns','labels':{'app':'web'}%s},'spec':{"
            + "'nodeName':'n1','containers':[{'name':'c','ports':[{'name':'http',"
            + "'containerPort':%d,'protocol':'TCP'}]}]},'status':{'phase':'Running','podIP':'%s',"
            + "'podIPs':[{'ip':'%s'}],'conditions':[{'type':'Ready','status':'%s'}]}}",
        name,
        metadata,
        port,
        ip,
        ip,
        ready ? "True" : "False");
  }

  private static final String SPEC =
      "{'selector':{'app':'web'},'clusterIP':'10.96.0.5','ipFamilies':['IPv4'],"
          + "'ports':[{'name':'web','port':80,'targetPort':'http','protocol':'TCP'}]}";

  private List<ObjectNode> slices() {
    return cluster.api.list(Resources.ENDPOINT_SLICES, "ns");
  }

  private JsonNode subsets() {
    return cluster.get(Resources.ENDPOINTS, "web").path("subsets");
  }

  private static JsonNode find(JsonNode slice, String pod) {
    return slice
        .path("endpoints")
        .valueStream()
        .filter(e -> e.path("targetRef").path("name").asText().equals(pod))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void readyAndUnreadyPodsAreListedWithTheirPorts() {
    cluster.put(
        Resources.NODES,
        "{'metadata':{'name':'n1','labels':{'topology.kubernetes.io/zone':'z1'}}}");
    pod("a", "10.0.0.1", true);
    pod("b", "10.0.0.2", false);
    service(SPEC);
    assertThat(slices()).hasSize(1);
    ObjectNode slice = slices().getFirst();
    assertThat(Cluster.name(slice)).startsWith("web-");
    JsonNode labels = slice.path("metadata").path("labels");
    assertThat(labels.path("kubernetes.io/service-name").asText()).isEqualTo("web");
    assertThat(labels.path("endpointslice.kubernetes.io/managed-by").asText())
        .isEqualTo("endpointslice-controller.k8s.io");
    assertThat(labels.path("x").asText()).isEqualTo("y");
    assertThat(slice.path("addressType").asText()).isEqualTo("IPv4");
    assertThat(slice.path("ports").toString())
        .isEqualTo("[{\"name\":\"web\",\"port\":8080,\"protocol\":\"TCP\"}]");
    assertThat(find(slice, "a").path("conditions").toString())
        .isEqualTo("{\"ready\":true,\"serving\":true,\"terminating\":false}");
    assertThat(find(slice, "b").path("conditions").path("ready").asBoolean()).isFalse();
    assertThat(find(slice, "a").path("nodeName").asText()).isEqualTo("n1");
    assertThat(find(slice, "a").path("zone").asText()).isEqualTo("z1");

    assertThat(subsets()).hasSize(1);
    assertThat(subsets().path(0).path("addresses").path(0).path("ip").asText())
        .isEqualTo("10.0.0.1");
    assertThat(subsets().path(0).path("notReadyAddresses").path(0).path("ip").asText())
        .isEqualTo("10.0.0.2");
    assertThat(subsets().path(0).path("ports").path(0).path("port").asInt()).isEqualTo(8080);
  }

  @Test
  void readyEndpointsAreMeantForTheirOwnPlaceWhereTheServiceWantsIt() {
    cluster.put(
        Resources.NODES,
        "{'metadata':{'name':'n1','labels':{'topology.kubernetes.io/zone':'z1'}}}");
    pod("a", "10.0.0.1", true);
    pod("b", "10.0.0.2", false);
    service(SPEC.replace("'ports'", "'trafficDistribution':'PreferClose','ports'"));
    JsonNode slice = slices().getFirst();
    assertThat(find(slice, "a").path("hints").toString())
        .isEqualTo("{\"forZones\":[{\"name\":\"z1\"}]}");
    assertThat(find(slice, "b").has("hints")).isFalse();
    cluster.api.change(
        Resources.SERVICES,
        "ns",
        "web",
        tree -> tree.withObject("/spec").put("trafficDistribution", "PreferSameNode"));
    cluster.settle();
    assertThat(find(slices().getFirst(), "a").path("hints").toString())
        .isEqualTo("{\"forNodes\":[{\"name\":\"n1\"}],\"forZones\":[{\"name\":\"z1\"}]}");
    cluster.api.change(
        Resources.SERVICES,
        "ns",
        "web",
        tree -> tree.withObject("/spec").remove("trafficDistribution"));
    cluster.settle();
    assertThat(find(slices().getFirst(), "a").has("hints")).isFalse();
  }

  @Test
  void aPodThatEndsServesUntilItIsGone() {
    pod("a", "10.0.0.1", true, 8080, ",'deletionTimestamp':'2026-01-01T00:00:00Z'");
    service(SPEC);
    assertThat(find(slices().getFirst(), "a").path("conditions").toString())
        .isEqualTo("{\"ready\":false,\"serving\":true,\"terminating\":true}");
    assertThat(subsets()).isEmpty();
    cluster.api.remove(Resources.PODS, "ns", "a");
    cluster.settle();
    assertThat(slices()).hasSize(1);
    assertThat(slices().getFirst().path("endpoints")).isEmpty();
  }

  @Test
  void portsOfOneNameMayDiffer() {
    pod("a", "10.0.0.1", true);
    pod("b", "10.0.0.2", true, 9090, "");
    service(SPEC);
    assertThat(slices()).hasSize(2);
    assertThat(subsets()).hasSize(2);
  }

  @Test
  void unreadyPodsCountWhereTheyAreToBePublished() {
    pod("a", "10.0.0.1", false);
    service(
        "{'selector':{'app':'web'},'clusterIP':'None','publishNotReadyAddresses':true,"
            + "'ports':[]}");
    JsonNode slice = slices().getFirst();
    assertThat(find(slice, "a").path("conditions").path("ready").asBoolean()).isTrue();
    assertThat(find(slice, "a").path("conditions").path("serving").asBoolean()).isFalse();
    assertThat(slice.path("metadata").path("labels").has("service.kubernetes.io/headless"))
        .isTrue();
    assertThat(subsets().path(0).path("addresses")).hasSize(1);
  }

  @Test
  void aServiceWithoutASelectorIsLeftAlone() {
    service("{'clusterIP':'10.96.0.1','ports':[{'port':443}]}");
    assertThat(slices()).isEmpty();
    assertThat(cluster.api.list(Resources.ENDPOINTS, "ns")).isEmpty();
  }

  @Test
  void endpointsGoWithTheirService() {
    pod("a", "10.0.0.1", true);
    service(SPEC);
    cluster.api.remove(Resources.SERVICES, "ns", "web");
    cluster.advance(3);
    assertThat(slices()).isEmpty();
    assertThat(cluster.api.list(Resources.ENDPOINTS, "ns")).isEmpty();
  }

  @Test
  void slicesHoldAHundredAndStayAsTheyAre() {
    for (int i = 0; i < 250; i++) {
      pod("p%03d".formatted(i), "10.0.%d.%d".formatted(i / 200, i % 200 + 1), true);
    }
    service(SPEC);
    assertThat(slices().stream().map(s -> s.path("endpoints").size()))
        .containsExactlyInAnyOrder(100, 100, 50);
    long before = cluster.writes();
    cluster.advance(20);
    assertThat(cluster.writes()).isEqualTo(before);
    cluster.api.remove(Resources.PODS, "ns", "p007");
    cluster.settle();
    assertThat(cluster.writes() - before).as("one slice and the Endpoints").isEqualTo(2);
    pod("p999", "10.0.9.9", true);
    cluster.settle();
    assertThat(cluster.writes() - before).isEqualTo(4);
    assertThat(slices().stream().mapToInt(s -> s.path("endpoints").size()).sum()).isEqualTo(250);
    assertThat(slices()).hasSize(3);
  }

  @Test
  void aStaleCopyMakesNoSecondSlice() {
    service(SPEC);
    cluster.api.holdWatches();
    pod("a", "10.0.0.1", true);
    cluster.settle();
    cluster.api.releaseWatches();
    cluster.settle();
    cluster.api.cutWatches();
    cluster.advance(30);
    assertThat(slices()).hasSize(1);
    assertThat(slices().getFirst().path("endpoints")).hasSize(1);
  }
}
