package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which webhooks and policies a write is shown again, since what changes writes may itself depend
 * on the changes of others: when one of them changed the object, all of admission is gone through a
 * second time, and those that want it are asked again about what came after them. For one write, by
 * one thread.
 *
 * <p>Follows Kubernetes' reinvocation of admission (k8s.io/apiserver, package admission).
 */
public final class Reinvocation {
  private final Map<Object, Round> rounds = new HashMap<>(2);
  private boolean wanted;
  private boolean second;

  /** Whether there is to be a second time; it begins then. */
  boolean begin() {
    second = wanted && !second;
    return second;
  }

  /** Those of one kind: webhooks, or policies. */
  public Round of(Object kind) {
    return rounds.computeIfAbsent(kind, k -> new Round());
  }

  /** Those of one kind. */
  public final class Round {
    private final Set<Object> seen = new HashSet<>();
    private final Set<Object> due = new HashSet<>();
    private @Nullable ObjectNode last;

    private Round() {}

    /** They are about to be asked about an object as it is now. */
    public void begin(ObjectNode object) {
      if (second && last != null && !last.equals(object)) {
        changed();
      }
    }

    /** Whether one of them is to be asked now. */
    public boolean asks(Object one) {
      return !second || due.remove(one);
    }

    /** One of them changed the object: those before it did not see that. */
    public void changed() {
      due.addAll(seen);
      seen.clear();
      wanted = true;
    }

    /** One that wants to see what others change later on was asked. */
    public void asked(Object one) {
      seen.add(one);
    }

    /** All of them were asked, and left the object like this. */
    public void end(ObjectNode object) {
      if (!second && !(seen.isEmpty() && due.isEmpty())) {
        last = object.deepCopy();
      }
    }
  }
}
