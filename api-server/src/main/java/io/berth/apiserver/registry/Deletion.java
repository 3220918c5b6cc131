package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Times;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides what a delete does to an object. Pure.
 *
 * <pre>
 *   alive --(nothing holds it, no grace)--------------------------> gone
 *   alive --(finalizers, grace or the kind holds it)--> deleting --> gone
 *   deleting --(shorter grace)--> deleting, or gone at grace 0
 * </pre>
 */
sealed interface Deletion {
  String FOREGROUND = "foregroundDeletion";
  String ORPHAN = "orphan";

  /**
   * The object goes at once.
   *
   * @param marked what it would have been stored as last, where its kind knows grace; else null
   */
  record Remove(@Nullable ObjectNode marked) implements Deletion {}

  /**
   * The object is marked and stays until what holds it lets go.
   *
   * @param object the marked version
   */
  record Mark(ObjectNode object) implements Deletion {}

  /** The object is being deleted already and the request changes nothing about it. */
  record Pending() implements Deletion {}

  /** Whether nothing holds an object that was marked. */
  static boolean complete(ObjectNode object, Strategy strategy) {
    Long grace = Meta.gracePeriodSeconds(object);
    return Meta.deleting(object)
        && (grace == null || grace == 0)
        && Meta.finalizers(object).isEmpty()
        && !strategy.held(object);
  }

  static Deletion decide(ObjectNode old, DeleteOptions options, Strategy strategy, Instant now) {
    Long grace = strategy.gracePeriod(old, options.gracePeriodSeconds());
    if (Meta.deleting(old)) {
      return again(old, options, strategy, grace != null);
    }
    ObjectNode object = old.deepCopy();
    Meta.setFinalizers(object, finalizers(old, propagation(old, options, strategy)));
    mark(object, grace == null ? 0 : grace, now);
    strategy.prepareDeletion(object);
    return complete(object, strategy)
        ? new Remove(grace == null ? null : object)
        : new Mark(object);
  }

  private static Deletion again(
      ObjectNode old, DeleteOptions options, Strategy strategy, boolean graceful) {
    Long current = Meta.gracePeriodSeconds(old);
    Long asked = options.gracePeriodSeconds();
    if (graceful && current != null && current > 0) {
      if (asked == null || Math.max(asked, 0) >= current) {
        return new Pending();
      }
      ObjectNode object = old.deepCopy();
      shorten(object, current, asked < 0 ? 1 : asked);
      return complete(object, strategy) ? new Remove(object) : new Mark(object);
    }
    return complete(old, strategy) ? new Remove(null) : new Pending();
  }

  private static void mark(ObjectNode object, long grace, Instant now) {
    Meta.of(object)
        .put("deletionTimestamp", Times.seconds(now.plusSeconds(grace)))
        .put("deletionGracePeriodSeconds", grace);
    Meta.bumpGeneration(object);
  }

  private static void shorten(ObjectNode object, long current, long asked) {
    Instant end = Times.parse(Meta.text(object, "deletionTimestamp"));
    Meta.of(object)
        .put("deletionTimestamp", Times.seconds(end.minusSeconds(current - asked)))
        .put("deletionGracePeriodSeconds", asked);
  }

  /** What the client says, else what the object's own finalizers say, else what the kind does. */
  private static DeleteOptions.@Nullable Propagation propagation(
      ObjectNode old, DeleteOptions options, Strategy strategy) {
    if (options.propagation() != null || !strategy.orphansByDefault()) {
      return options.propagation();
    }
    List<String> finalizers = Meta.finalizers(old);
    return finalizers.contains(FOREGROUND) || finalizers.contains(ORPHAN)
        ? null
        : DeleteOptions.Propagation.ORPHAN;
  }

  /** The finalizers that the garbage collector is to see to, beside those of others. */
  private static List<String> finalizers(
      ObjectNode old, DeleteOptions.@Nullable Propagation propagation) {
    List<String> before = Meta.finalizers(old);
    if (propagation == null) {
      return before;
    }
    List<String> finalizers = new ArrayList<>(before);
    finalizers.removeIf(f -> f.equals(FOREGROUND) || f.equals(ORPHAN));
    switch (propagation) {
      case FOREGROUND -> finalizers.add(FOREGROUND);
      case ORPHAN -> finalizers.add(ORPHAN);
      case BACKGROUND -> {}
    }
    return finalizers;
  }
}
