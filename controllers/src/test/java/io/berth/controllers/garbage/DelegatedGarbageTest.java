package io.berth.controllers.garbage;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.resource.Scope;
import io.berth.client.DeleteOptions;
import io.berth.controllers.testing.Cluster;
import io.berth.controllers.testing.Objects;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Owners and dependents that further API servers hold. */
class DelegatedGarbageTest {
  private static final ResourceDefinition THINGS =
      new ResourceDefinition(
          "ext.example.com",
          "v1",
          "things",
          "thing",
          "Thing",
          Scope.NAMESPACED,
          List.of(),
          List.of(),
          new TreeSet<>(List.of("get", "list", "watch", "delete")),
          new TreeMap<>(),
          List.of(),
          null,
          null);

  private final Cluster cluster = new Cluster(1);

  @AfterEach
  void close() {
    cluster.close();
  }

  private void discovered(String freshness, String verbs) {
    cluster.api.document(
        "/apis",
        Objects.tree(
            "{'items':[{'metadata':{'name':'ext.example.com'},'versions':[{'version':'v1',"
                + "'freshness':'%s','resources':[{'resource':'things','singularResource':'thing',"
                + "'scope':'Namespaced','responseKind':{'kind':'Thing'},'verbs':[%s]}]}]}]}",
            freshness, verbs));
  }

  private void register() {
    cluster.api.serve(THINGS);
    cluster.put(
        Resources.API_SERVICES,
        "{'metadata':{'name':'v1.ext.example.com'},'spec':{'group':'ext.example.com','version':"
            + "'v1','service':{'name':'ext','namespace':'ns'}}}");
    cluster.settle();
  }

  private ObjectNode thing(String name, String owner) {
    return cluster.put(
        THINGS,
        "{'kind':'Thing','metadata':{'name':'%s','namespace':'ns','ownerReferences':[%s]}}",
        name,
        owner);
  }

  private void map(String name, String owner) {
    cluster.put(
        Resources.CONFIG_MAPS,
        "{'metadata':{'name':'%s','namespace':'ns','ownerReferences':[%s]}}",
        name,
        owner);
  }

  private static String owner(String apiVersion, String kind, ObjectNode object) {
    return "{'apiVersion':'%s','kind':'%s','name':'%s','uid':'%s','blockOwnerDeletion':true}"
        .formatted(apiVersion, kind, Cluster.name(object), Cluster.uid(object));
  }

  private boolean there(ResourceDefinition resource, String name) {
    return cluster.api.find(resource, "ns", name).isPresent();
  }

  @Test
  void ownersAndDependentsElsewhereAreFollowed() {
    discovered("Current", "'get','list','watch','delete'");
    register();
    ObjectNode map =
        cluster.put(Resources.CONFIG_MAPS, "{'metadata':{'name':'m','namespace':'ns'}}");
    ObjectNode thing = thing("t", owner("v1", "ConfigMap", map));
    map("n", owner("ext.example.com/v1", "Thing", thing));
    cluster.settle();
    assertThat(there(THINGS, "t")).isTrue();
    cluster.client.delete(
        Resources.CONFIG_MAPS, "ns", "m", DeleteOptions.propagation("Background"));
    cluster.advance(3);
    assertThat(there(THINGS, "t")).isFalse();
    assertThat(there(Resources.CONFIG_MAPS, "n")).isFalse();
  }

  @Test
  void whatAServerServesLaterIsFollowedToo() {
    discovered("Current", "'get'");
    register();
    discovered("Current", "'get','list','watch','delete'");
    thing("t", "{'apiVersion':'v1','kind':'ConfigMap','name':'gone','uid':'u'}");
    cluster.advance(5);
    assertThat(there(THINGS, "t")).isTrue();
    cluster.advance(30);
    assertThat(there(THINGS, "t")).isFalse();
  }

  @Test
  void aServerThatIsAwayIsStillFollowedOnceItIsBack() {
    discovered("Current", "'get','list','watch','delete'");
    register();
    discovered("Stale", "");
    cluster.advance(31);
    thing("t", "{'apiVersion':'v1','kind':'ConfigMap','name':'gone','uid':'u'}");
    cluster.settle();
    assertThat(there(THINGS, "t")).isFalse();
  }

  @Test
  void ofWhatIsNoLongerServedNothingIsDeleted() {
    discovered("Current", "'get','list','watch','delete'");
    register();
    cluster.api.remove(Resources.API_SERVICES, "", "v1.ext.example.com");
    cluster.settle();
    thing("t", "{'apiVersion':'v1','kind':'ConfigMap','name':'gone','uid':'u'}");
    map("n", "{'apiVersion':'ext.example.com/v1','kind':'Thing','name':'t2','uid':'u'}");
    cluster.advance(40);
    assertThat(there(THINGS, "t")).isTrue();
    assertThat(there(Resources.CONFIG_MAPS, "n")).isTrue();
  }
}
