package io.berth.controllers.garbage;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.client.DeleteOptions;
import io.berth.client.testing.FakeFaults;
import io.berth.controllers.testing.Cluster;
import io.berth.controllers.testing.Objects;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GarbageCollectorTest {
  private Cluster cluster = new Cluster(1);

  @AfterEach
  void close() {
    cluster.close();
  }

  private static ObjectNode reference(
      ResourceDefinition resource, ObjectNode owner, boolean blocks) {
    return Json.object()
        .put("apiVersion", resource.apiVersion())
        .put("kind", resource.kind())
        .put("name", Cluster.name(owner))
        .put("uid", Cluster.uid(owner))
        .put("blockOwnerDeletion", blocks);
  }

  private ObjectNode map(String name, ObjectNode... owners) {
    ObjectNode map = Objects.tree("{'metadata':{'name':'%s','namespace':'ns'}}", name);
    ArrayNode references = map.withObject("/metadata").putArray("ownerReferences");
    for (ObjectNode owner : owners) {
      references.add(reference(Resources.CONFIG_MAPS, owner, true));
    }
    return cluster.api.put(Resources.CONFIG_MAPS, map);
  }

  private void delete(String name, String policy) {
    cluster.client.delete(Resources.CONFIG_MAPS, "ns", name, DeleteOptions.propagation(policy));
    cluster.advance(3);
  }

  private List<String> maps() {
    return cluster.api.list(Resources.CONFIG_MAPS, "ns").stream().map(Cluster::name).toList();
  }

  @Test
  void dependentsOfADeletedObjectFollowInTheBackground() {
    ObjectNode a = map("a");
    ObjectNode b = map("b", a);
    map("c", b);
    map("d");
    cluster.settle();
    delete("a", "Background");
    assertThat(maps()).containsExactly("d");
  }

  @Test
  void anObjectWithAnotherLivingOwnerOnlyLosesTheReference() {
    ObjectNode a = map("a");
    ObjectNode b = map("b");
    map("c", a, b);
    cluster.settle();
    delete("a", "Background");
    assertThat(maps()).containsExactly("b", "c");
    assertThat(cluster.get(Resources.CONFIG_MAPS, "c").path("metadata").path("ownerReferences"))
        .hasSize(1);
  }

  @Test
  void inTheForegroundDependentsGoFirst() {
    ObjectNode a = map("a");
    ObjectNode b = map("b", a);
    map("c", b);
    cluster.settle();
    cluster.api.change(
        Resources.CONFIG_MAPS,
        "ns",
        "c",
        o -> o.withObject("/metadata").putArray("finalizers").add("x.io/y"));
    cluster.settle();
    delete("a", "Foreground");
    assertThat(maps()).containsExactly("a", "b", "c");
    cluster.api.remove(Resources.CONFIG_MAPS, "ns", "c");
    cluster.advance(3);
    assertThat(maps()).isEmpty();
  }

  @Test
  void orphansStay() {
    ObjectNode a = map("a");
    map("b", a);
    cluster.settle();
    delete("a", "Orphan");
    assertThat(maps()).containsExactly("b");
    assertThat(cluster.get(Resources.CONFIG_MAPS, "b").path("metadata").path("ownerReferences"))
        .isEmpty();
  }

  @Test
  void anOwnerThatNeverExistedOrLivesInAnotherNamespaceIsAbsent() {
    ObjectNode other =
        cluster.api.put(
            Resources.CONFIG_MAPS, Objects.tree("{'metadata':{'name':'o','namespace':'other'}}"));
    map("a", other);
    cluster.advance(3);
    assertThat(maps()).isEmpty();
  }

  @Test
  void aRecreatedOwnerOfTheSameNameIsAnother() {
    ObjectNode a = map("a");
    map("b", a);
    cluster.settle();
    cluster.api.remove(Resources.CONFIG_MAPS, "ns", "a");
    map("a");
    cluster.advance(3);
    assertThat(maps()).containsExactly("a");
  }

  @Test
  void anOwnerThatTheInformerDoesNotShowYetIsAskedFor() {
    // The owner's own watch is behind, its dependent's is not: nothing may be deleted.
    ObjectNode service =
        cluster.api.put(
            Resources.SECRETS, Objects.tree("{'metadata':{'name':'s','namespace':'ns'}}"));
    cluster.api.holdWatches();
    ObjectNode map = Objects.tree("{'metadata':{'name':'b','namespace':'ns'}}");
    map.withObject("/metadata")
        .putArray("ownerReferences")
        .add(reference(Resources.SECRETS, service, false));
    cluster.api.put(Resources.CONFIG_MAPS, map);
    cluster.api.releaseWatches();
    cluster.advance(3);
    assertThat(maps()).containsExactly("b");
  }

  @Test
  void neverDeletesAnObjectWithALivingOwner() {
    for (int seed = 0; seed < 20; seed++) {
      cluster.close();
      cluster = new Cluster(seed);
      Random random = new Random(seed);
      List<String> made = new ArrayList<>();
      List<String> violations = new ArrayList<>();
      watchDeletions(violations);
      for (int i = 0; i < 30; i++) {
        chaos(random);
        String name = "m" + i;
        List<ObjectNode> owners = new ArrayList<>();
        for (int o = random.nextInt(3); o > 0 && !made.isEmpty(); o--) {
          cluster
              .api
              .find(Resources.CONFIG_MAPS, "ns", made.get(random.nextInt(made.size())))
              .filter(owner -> !owner.path("metadata").has("deletionTimestamp"))
              .ifPresent(owners::add);
        }
        map(name, owners.toArray(ObjectNode[]::new));
        made.add(name);
        if (random.nextInt(3) == 0) {
          String victim = made.get(random.nextInt(made.size()));
          cluster.api.remove(Resources.CONFIG_MAPS, "ns", victim);
        }
        cluster.advance(random.nextInt(2));
      }
      cluster.api.faults().clear();
      watchDeletions(violations);
      cluster.api.releaseWatches();
      cluster.advance(120);
      assertThat(violations).as("seed %d", seed).isEmpty();
      assertNothingIsLeftBehind(seed);
    }
  }

  private void chaos(Random random) {
    switch (random.nextInt(8)) {
      case 0 -> cluster.api.holdWatches();
      case 1 -> cluster.api.releaseWatches();
      case 2 -> cluster.api.cutWatches();
      case 3 -> cluster.api.faults().conflict(2, r -> !r.method().equals("GET"));
      case 4 -> cluster.api.faults().unreachable(2, r -> r.path().contains("configmaps"));
      default -> {}
    }
  }

  /** Looks at every deletion as it arrives: nothing that has a living owner may be meant. */
  private void watchDeletions(List<String> violations) {
    cluster
        .api
        .faults()
        .next(
            1,
            request -> {
              if (request.method().equals("DELETE") && hasLivingOwner(request.path())) {
                violations.add(request.path());
              }
              return false;
            },
            new FakeFaults.Fault.Unreachable());
  }

  private boolean hasLivingOwner(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    ObjectNode map = cluster.api.find(Resources.CONFIG_MAPS, "ns", name).orElse(null);
    if (map == null) {
      return false;
    }
    for (JsonNode reference : map.path("metadata").path("ownerReferences")) {
      boolean lives =
          cluster
              .api
              .find(Resources.CONFIG_MAPS, "ns", reference.path("name").asText())
              .filter(owner -> Cluster.uid(owner).equals(reference.path("uid").asText()))
              .filter(owner -> !owner.path("metadata").has("deletionTimestamp"))
              .isPresent();
      if (lives) {
        return true;
      }
    }
    return false;
  }

  /** What names owners has at least one that is there. */
  private void assertNothingIsLeftBehind(int seed) {
    for (ObjectNode map : cluster.api.list(Resources.CONFIG_MAPS, "ns")) {
      JsonNode references = map.path("metadata").path("ownerReferences");
      boolean owned =
          references.isEmpty()
              || references.valueStream().anyMatch(r -> maps().contains(r.path("name").asText()));
      assertThat(owned).as("seed %d, %s", seed, Cluster.name(map)).isTrue();
    }
  }
}
