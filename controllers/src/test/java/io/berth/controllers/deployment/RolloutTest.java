package io.berth.controllers.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.controllers.testing.Objects;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RolloutTest {
  private static DeploymentFacts deployment(
      int replicas, String surge, String unavailable, String image) {
    return DeploymentFacts.of(
        Objects.object(
            Resources.DEPLOYMENTS,
            Objects.tree(
                "{'metadata':{'name':'d','namespace':'ns','uid':'d','resourceVersion':'1',"
                    + "'generation':1},'spec':{'replicas':%d,"
                    + "'strategy':{'type':'RollingUpdate','rollingUpdate':{'maxSurge':%s,"
                    + "'maxUnavailable':%s}},'selector':{'matchLabels':{'a':'b'}},"
                    + "'template':{'metadata':{'labels':{'a':'b'}},'spec':{'image':'%s'}}}}",
                replicas, surge, unavailable, image)));
  }

  @ParameterizedTest
  @CsvSource({
    "10, '25%', '25%', 3, 2",
    "1, '25%', '25%', 1, 0",
    "3, '0', '0', 0, 1",
    "4, '1', '50%', 1, 2",
    "2, '0', '10', 0, 2",
    "0, '25%', '25%', 0, 0",
    "10, '100%', '0', 10, 0"
  })
  void surgeIsRoundedUpAndUnavailableDown(
      int replicas, String surge, String unavailable, int maxSurge, int maxUnavailable) {
    DeploymentFacts facts = deployment(replicas, quoted(surge), quoted(unavailable), "i");
    assertThat(facts.maxSurge()).isEqualTo(maxSurge);
    assertThat(facts.maxUnavailable()).isEqualTo(maxUnavailable);
  }

  private static String quoted(String value) {
    return value.endsWith("%") ? "'" + value + "'" : value;
  }

  /** A ReplicaSet and its pods as a world in which anything may happen in any order. */
  private static final class FakeSet {
    final ObjectNode tree;
    int pods;
    int available;

    FakeSet(ObjectNode tree) {
      this.tree = tree;
    }

    int wanted() {
      return tree.path("spec").path("replicas").asInt();
    }

    Version version() {
      return Version.of(Objects.object(Resources.REPLICA_SETS, tree.deepCopy()));
    }

    /** What the ReplicaSet controller does in one step, unready pods first. */
    void step() {
      if (pods > wanted()) {
        int surplus = pods - wanted();
        int unready = Math.min(surplus, pods - available);
        pods = wanted();
        available -= surplus - unready;
      } else {
        pods = wanted();
      }
    }

    void report() {
      ObjectNode status = tree.withObject("/status");
      status.put("replicas", pods).put("readyReplicas", available);
      status.put("availableReplicas", available);
    }
  }

  private final List<FakeSet> sets = new ArrayList<>();
  private ObjectNode status = Json.object();
  private int created;

  private void step(DeploymentFacts facts) {
    List<Version> versions = sets.stream().map(FakeSet::version).toList();
    DeploymentPlan plan =
        DeploymentPlan.decide(facts, versions, Set.of(), Instant.EPOCH.plusSeconds(created));
    status = plan.status();
    for (Action action : plan.actions()) {
      switch (action) {
        case Action.Create create -> {
          ObjectNode tree = create.replicaSet();
          String uid = "rs-" + ++created;
          tree.withObject("/metadata").put("uid", uid).put("resourceVersion", "1");
          tree.withObject("/metadata")
              .put("creationTimestamp", Instant.EPOCH.plusSeconds(created).toString());
          sets.add(new FakeSet(tree));
        }
        case Action.Change change -> {
          FakeSet set = set(change.set().uid());
          set.tree.withObject("/spec").put("replicas", change.replicas());
          ObjectNode annotations = set.tree.withObject("/metadata").putObject("annotations");
          change.annotations().forEach(annotations::put);
        }
        case Action.Delete delete -> sets.remove(set(delete.set().uid()));
        case Action.NoteRevision note -> {}
      }
    }
  }

  private FakeSet set(String uid) {
    return sets.stream()
        .filter(s -> s.tree.path("metadata").path("uid").asText().equals(uid))
        .findFirst()
        .orElseThrow();
  }

  private static DeploymentFacts withStatus(DeploymentFacts facts, ObjectNode status) {
    ObjectNode tree = (ObjectNode) facts.object().tree();
    tree.set("status", status);
    return DeploymentFacts.of(Objects.object(Resources.DEPLOYMENTS, tree));
  }

  @Test
  void aRollingUpdateStaysWithinItsBoundsInEveryInterleaving() {
    for (int seed = 0; seed < 60; seed++) {
      Random random = new Random(seed);
      sets.clear();
      status = Json.object();
      int replicas = 1 + random.nextInt(12);
      String surge = Stream.of("0", "1", "3", "'25%'", "'100%'").toList().get(random.nextInt(5));
      String unavailable = Stream.of("0", "1", "2", "'50%'").toList().get(random.nextInt(4));
      DeploymentFacts first = deployment(replicas, surge, unavailable, "v0");
      run(first, random, seed, 150, false);
      assertThat(available()).as("seed %d", seed).isEqualTo(replicas);
      for (int version = 1; version < 4; version++) {
        // A rollout that is overtaken by the next one before it is done.
        run(deployment(replicas, surge, unavailable, "v" + version), random, seed, 30, true);
      }
      DeploymentFacts last = deployment(replicas, surge, unavailable, "v9");
      run(last, random, seed, 200, true);
      assertThat(status.path("updatedReplicas").asInt()).as("seed %d", seed).isEqualTo(replicas);
      assertThat(Progress.complete(last, status)).as("seed %d", seed).isTrue();
    }
  }

  private int available() {
    return sets.stream().mapToInt(s -> s.available).sum();
  }

  private void run(
      DeploymentFacts facts, Random random, int seed, int steps, boolean mustStayAvailable) {
    for (int i = 0; i < steps; i++) {
      FakeSet set = sets.isEmpty() ? null : sets.get(random.nextInt(sets.size()));
      switch (random.nextInt(4)) {
        case 0 -> step(withStatus(facts, status));
        case 1 -> {
          if (set != null) {
            set.step();
          }
        }
        case 2 -> {
          if (set != null) {
            set.report();
          }
        }
        default -> {
          if (set != null && set.available < set.pods) {
            set.available++;
          }
        }
      }
      int pods = sets.stream().mapToInt(s -> s.pods).sum();
      assertThat(pods)
          .as("pods, seed %d", seed)
          .isLessThanOrEqualTo(facts.replicas() + facts.maxSurge());
      if (mustStayAvailable) {
        assertThat(available())
            .as("available, seed %d", seed)
            .isGreaterThanOrEqualTo(facts.replicas() - facts.maxUnavailable());
      }
    }
    for (int i = 0; i < 60; i++) {
      step(withStatus(facts, status));
      sets.forEach(FakeSet::step);
      if (mustStayAvailable) {
        assertThat(available())
            .as("available, seed %d", seed)
            .isGreaterThanOrEqualTo(facts.replicas() - facts.maxUnavailable());
      }
      if (facts.template().path("spec").path("image").asText().matches("v[09]")) {
        sets.forEach(s -> s.available = s.pods);
      }
      sets.forEach(FakeSet::report);
    }
  }
}
