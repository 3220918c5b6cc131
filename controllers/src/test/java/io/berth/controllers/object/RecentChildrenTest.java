package io.berth.controllers.object;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.controllers.testing.Objects;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecentChildrenTest {
  private final RecentChildren recent = new RecentChildren();

  private static ApiObject pod(String name) {
    return Objects.object(
        Resources.PODS,
        Objects.tree(
            "{'metadata':{'name':'%s','namespace':'ns','uid':'%s','resourceVersion':'1'}}",
            name, name));
  }

  private static ApiObject deleting(String name) {
    return Objects.object(
        Resources.PODS,
        Objects.tree(
            "{'metadata':{'name':'%s','namespace':'ns','uid':'%s','resourceVersion':'2',"
                + "'deletionTimestamp':'2026-01-01T00:00:00Z'}}",
            name, name));
  }

  private List<String> current(ApiObject... shown) {
    return recent.current("owner", List.of(shown)).stream().map(c -> c.key().name()).toList();
  }

  @Test
  void aCreatedChildCountsUntilItIsShown() {
    recent.created("owner", pod("a"), 0);
    assertThat(current()).containsExactly("a");
    assertThat(current(pod("a"))).containsExactly("a");
    assertThat(recent.waiting("owner")).isFalse();
  }

  @Test
  void aDeletedChildDoesNotCountUntilItsDeletionIsShown() {
    recent.deleted("owner", pod("a"));
    assertThat(current(pod("a"))).isEmpty();
    assertThat(current(deleting("a"))).containsExactly("a");
    assertThat(recent.waiting("owner")).isFalse();
  }

  @Test
  void aChildDeletedBeforeItWasEverShownDoesNotReturn() {
    recent.created("owner", pod("a"), 0);
    recent.deleted("owner", pod("a"));
    assertThat(current()).isEmpty();
    assertThat(current(pod("a"))).isEmpty();
    recent.seenDeleted("owner", "a");
    assertThat(recent.waiting("owner")).isFalse();
  }

  @Test
  void aNameWithoutAnAnswerStaysReserved() {
    recent.unknown("owner", "a");
    recent.unknown("owner", "b");
    assertThat(recent.unanswered("owner")).containsExactly("a", "b");
    recent.refused("owner", "a");
    assertThat(current(pod("b"))).containsExactly("b");
    assertThat(recent.unanswered("owner")).isEmpty();
  }

  @Test
  void aChildThatIsNeverShownIsToBeAskedFor() {
    recent.created("owner", pod("a"), 10);
    assertThat(recent.unseenSince("owner", 9)).isEmpty();
    assertThat(recent.unseenSince("owner", 10)).hasSize(1);
  }
}
