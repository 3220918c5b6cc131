package io.berth.controllers.replicaset;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.resource.Resources;
import io.berth.controllers.object.PodFacts;
import io.berth.controllers.testing.Objects;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeletionOrderTest {
  private static final Instant NOW = Instant.parse("2026-01-01T10:00:00Z");

  /** A pod from words: {@code unbound pending unready cost=3 ready=TIME restarts=2 born=TIME}. */
  private static PodFacts pod(String name, String words) {
    List<String> set = List.of(words.split(" "));
    boolean unready = set.contains("unready");
    return PodFacts.of(
        Objects.object(
            Resources.PODS,
            Objects.tree(
                "{'metadata':{'name':'%s','namespace':'ns','uid':'%s','resourceVersion':'1',"
                    + "'creationTimestamp':'2026-01-01T%sZ','annotations':{"
                    + "'controller.kubernetes.io/pod-deletion-cost':'%s'}},'spec':{'nodeName':'%s'},"
                    + "'status':{'phase':'%s','conditions':[{'type':'Ready','status':'%s',"
                    + "'lastTransitionTime':'2026-01-01T%sZ'}],'containerStatuses':["
                    + "{'restartCount':%s}]}}",
                name,
                name,
                value(set, "born", "09:00:00"),
                value(set, "cost", "0"),
                set.contains("unbound") ? "" : value(set, "node", name),
                set.contains("pending") ? "Pending" : "Running",
                unready ? "False" : "True",
                value(set, "ready", "09:00:00"),
                value(set, "restarts", "0"))));
  }

  private static String value(List<String> words, String key, String otherwise) {
    return words.stream()
        .filter(word -> word.startsWith(key + "="))
        .map(word -> word.substring(key.length() + 1))
        .findFirst()
        .orElse(otherwise);
  }

  @ParameterizedTest
  @CsvSource({
    "unbound pending unready, pending unready",
    "pending unready, unready",
    "unready cost=9, cost=1",
    "cost=-1, cost=0",
    "ready=09:59:00, ready=01:00:00",
    "restarts=3, restarts=0",
    "unready born=09:59:00, unready born=01:00:00"
  })
  void theFirstGoesBeforeTheSecond(String first, String second) {
    PodFacts a = pod("z", first);
    PodFacts b = pod("a", second);
    assertThat(DeletionOrder.rank(List.of(b, a), List.of(a, b), NOW)).containsExactly(a, b);
  }

  @Test
  void onePodOfACrowdedNodeGoesFirst() {
    PodFacts alone = pod("a", "node=n1");
    PodFacts crowded = pod("z", "node=n2");
    PodFacts sibling = pod("s", "node=n2");
    assertThat(DeletionOrder.rank(List.of(alone, crowded), List.of(alone, crowded, sibling), NOW))
        .containsExactly(crowded, alone);
  }

  @Test
  void theOrderDoesNotDependOnHowThePodsCome() {
    Random random = new Random(7);
    List<PodFacts> pods = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      pods.add(
          pod(
              "p" + i,
              "%s node=n%d ready=09:%02d:00 restarts=%d born=09:%02d:00"
                  .formatted(
                      random.nextBoolean() ? "unready" : "",
                      random.nextInt(4),
                      random.nextInt(60),
                      random.nextInt(3),
                      random.nextInt(60))));
    }
    List<PodFacts> ranked = DeletionOrder.rank(pods, pods, NOW);
    for (int i = 0; i < 50; i++) {
      Collections.shuffle(pods, random);
      assertThat(DeletionOrder.rank(pods, pods, NOW)).isEqualTo(ranked);
    }
  }
}
