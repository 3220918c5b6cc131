package io.berth.controllers.namespace;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.resource.Resources;
import io.berth.client.DeleteOptions;
import io.berth.client.testing.FakeFaults;
import io.berth.controllers.ControllersConfig;
import io.berth.controllers.object.Reading;
import io.berth.controllers.testing.Cluster;
import io.berth.controllers.testing.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NamespaceControllerTest {
  private final Cluster cluster = new Cluster(1, ControllersConfig.DEFAULT.withRootCa("PEM"));

  @AfterEach
  void close() {
    cluster.close();
  }

  private void delete() {
    cluster.client.delete(Resources.NAMESPACES, null, "ns", DeleteOptions.DEFAULT);
    cluster.advance(5);
  }

  private String condition(String type) {
    JsonNode conditions = cluster.get(Resources.NAMESPACES, "ns").path("status").path("conditions");
    JsonNode condition = Reading.condition(conditions, type);
    return condition.path("status").asText() + " " + condition.path("message").asText();
  }

  @Test
  void everyNamespaceHasADefaultAccountAndTheCa() {
    assertThat(cluster.api.find(Resources.SERVICE_ACCOUNTS, "ns", "default")).isPresent();
    assertThat(cluster.get(Resources.CONFIG_MAPS, "kube-root-ca.crt").path("data").path("ca.crt"))
        .hasToString("\"PEM\"");
    cluster.api.remove(Resources.SERVICE_ACCOUNTS, "ns", "default");
    cluster.settle();
    assertThat(cluster.api.find(Resources.SERVICE_ACCOUNTS, "ns", "default")).isPresent();
  }

  @Test
  void aDeletedNamespaceIsEmptiedAndGoes() {
    cluster.put(Resources.CONFIG_MAPS, "{'metadata':{'name':'a','namespace':'ns'}}");
    cluster.put(Resources.SECRETS, "{'metadata':{'name':'b','namespace':'ns'}}");
    delete();
    assertThat(cluster.api.list(Resources.CONFIG_MAPS, "ns")).isEmpty();
    assertThat(cluster.api.find(Resources.NAMESPACES, "", "ns")).isEmpty();
  }

  @Test
  void itWaitsForWhatIsHeldByFinalizersAndSaysSo() {
    cluster.put(
        Resources.SECRETS, "{'metadata':{'name':'b','namespace':'ns','finalizers':['x.io/y']}}");
    delete();
    assertThat(condition("NamespaceContentRemaining"))
        .isEqualTo("True Some resources are remaining: secrets. has 1 resource instances");
    assertThat(condition("NamespaceFinalizersRemaining"))
        .isEqualTo(
            "True Some content in the namespace has finalizers remaining: x.io/y in 1 resource"
                + " instances");
    long before = cluster.writes();
    cluster.advance(60);
    assertThat(cluster.writes()).isEqualTo(before);
    cluster.api.remove(Resources.SECRETS, "ns", "b");
    cluster.advance(5);
    assertThat(cluster.api.find(Resources.NAMESPACES, "", "ns")).isEmpty();
  }

  private void discovered(String freshness) {
    cluster.api.document(
        "/apis",
        Objects.tree(
            "{'items':[{'metadata':{'name':'ext.example.com'},'versions':[{'version':'v1',"
                + "'freshness':'%s','resources':[{'resource':'things','scope':'Namespaced',"
                + "'responseKind':{'kind':'Thing'},'verbs':['get','list','delete']},"
                + "{'resource':'figures','scope':'Namespaced','verbs':['get','list']}]}]}]}",
            freshness));
  }

  private void things(String items) {
    cluster.api.document(
        "/apis/ext.example.com/v1/namespaces/ns/things",
        Objects.tree("{'kind':'ThingList','metadata':{'resourceVersion':'1'},'items':%s}", items));
  }

  @Test
  void whatOtherServersHaveInItGoesToo() {
    discovered("Current");
    things("[{'kind':'Thing','metadata':{'name':'a','namespace':'ns','uid':'u'}}]");
    delete();
    assertThat(condition("NamespaceContentRemaining"))
        .contains("things.ext.example.com has 1 resource instances");
    assertThat(cluster.api.requests())
        .anyMatch(
            request ->
                request.method().equals("DELETE")
                    && request.path().equals("/apis/ext.example.com/v1/namespaces/ns/things/a"))
        .noneMatch(request -> request.path().endsWith("/figures"));
    things("[]");
    cluster.advance(5);
    assertThat(cluster.api.find(Resources.NAMESPACES, "", "ns")).isEmpty();
  }

  @Test
  void otherServersMayWriteVersionsAsTheyLike() {
    discovered("Current");
    things("[{'metadata':{'name':'a','namespace':'ns','uid':'u','resourceVersion':'1178/1206'}}]");
    delete();
    assertThat(condition("NamespaceContentRemaining"))
        .contains("things.ext.example.com has 1 resource instances");
  }

  @Test
  void anAnswerThatIsNoListHoldsItUpAndThatIsSaid() {
    discovered("Current");
    things("['a']");
    cluster.put(Resources.SECRETS, "{'metadata':{'name':'b','namespace':'ns'}}");
    delete();
    assertThat(condition("NamespaceDeletionContentFailure"))
        .startsWith("True")
        .contains("things: ");
    assertThat(cluster.api.find(Resources.SECRETS, "ns", "b")).isEmpty();
    things("[]");
    cluster.advance(5);
    assertThat(cluster.api.find(Resources.NAMESPACES, "", "ns")).isEmpty();
  }

  @Test
  void aServerThatIsAwayHoldsItUpAndThatIsSaid() {
    discovered("Stale");
    delete();
    assertThat(condition("NamespaceDeletionDiscoveryFailure"))
        .isEqualTo(
            "True Discovery failed for some groups, 1 failing: unable to retrieve the complete"
                + " list of server APIs: ext.example.com/v1: stale GroupVersion discovery:"
                + " ext.example.com/v1");
    discovered("Current");
    things("[]");
    cluster.advance(5);
    assertThat(cluster.api.find(Resources.NAMESPACES, "", "ns")).isEmpty();
  }

  @Test
  void itGoesOnAfterFaults() {
    cluster.put(Resources.SECRETS, "{'metadata':{'name':'b','namespace':'ns'}}");
    cluster.api.faults().unreachable(5, FakeFaults.request("DELETE", "/secrets"));
    cluster.api.faults().lostReply(1, FakeFaults.request("PUT", "/finalize"));
    delete();
    cluster.advance(30);
    assertThat(cluster.api.find(Resources.NAMESPACES, "", "ns")).isEmpty();
  }
}
