package io.berth.controllers.garbage;

import io.berth.controllers.object.OwnerReference;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What is to become of an object, judged by its owners. */
sealed interface Verdict {
  /** How an owner stands. */
  enum Owner {
    /** It lives, or nobody can tell that it does not. */
    SOLID,
    /** It does not exist. */
    ABSENT,
    /** It is being deleted and waits until its dependents are gone. */
    WAITING
  }

  /** It stays as it is. */
  record Keep() implements Verdict {}

  /** It stays, and these owners are taken out of its references. */
  record Detach(Set<String> uids) implements Verdict {}

  /**
   * It goes.
   *
   * @param policy {@code Background}, {@code Foreground} or {@code Orphan}
   */
  record Delete(String policy) implements Verdict {}

  /**
   * @param owners the object's references
   * @param states how each of them stands, by uid
   * @param finalizers the object's own
   * @param hasDependents whether something names the object as its owner
   */
  static Verdict of(
      List<OwnerReference> owners,
      Map<String, Owner> states,
      List<String> finalizers,
      boolean hasDependents) {
    List<String> solid = uids(owners, states, Owner.SOLID);
    List<String> waiting = uids(owners, states, Owner.WAITING);
    List<String> absent = uids(owners, states, Owner.ABSENT);
    if (owners.isEmpty() || (!solid.isEmpty() && waiting.isEmpty() && absent.isEmpty())) {
      return new Keep();
    }
    if (!solid.isEmpty()) {
      Set<String> gone = new HashSet<>(absent);
      gone.addAll(waiting);
      return new Detach(gone);
    }
    if (!waiting.isEmpty() && hasDependents) {
      return new Delete("Foreground");
    }
    if (finalizers.contains("orphan")) {
      return new Delete("Orphan");
    }
    return new Delete(finalizers.contains("foregroundDeletion") ? "Foreground" : "Background");
  }

  private static List<String> uids(
      List<OwnerReference> owners, Map<String, Owner> states, Owner state) {
    List<String> uids = new ArrayList<>();
    for (OwnerReference owner : owners) {
      if (states.getOrDefault(owner.uid(), Owner.SOLID) == state) {
        uids.add(owner.uid());
      }
    }
    return uids;
  }
}
