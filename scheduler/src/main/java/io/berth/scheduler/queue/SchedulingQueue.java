package io.berth.scheduler.queue;

import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import io.berth.client.BackOff;
import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodShape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The pods that wait for a node.
 *
 * <pre>
 *              pop                  nothing fits
 *   ACTIVE ─────────▶ (decided) ──────────────────▶ UNSCHEDULABLE
 *     ▲                   │ binding failed               │ an event that may help it
 *     └──── BACKING_OFF ◀─┴──────────────────────────────┘
 * </pre>
 *
 * <p>A pod that nothing fits is tried again when, and only when, something happened that can help
 * it; back-off only delays a retry that an event earned. The next pod is the one with the highest
 * priority, of equals the one that waits longest. Not safe for use by several threads: the loop
 * guards it. It holds each pod once, so it is bounded by the number of pods.
 */
public final class SchedulingQueue {
  /** Whether something that happened helps pods that are alike. */
  @FunctionalInterface
  public interface Hint {
    Hint YES = (pod, rules) -> true;

    /**
     * @param pod the one of them with the highest priority
     * @param rules the rules that turned such a pod away, all nodes together
     */
    boolean helps(PodRecord pod, Set<String> rules);
  }

  private enum State {
    ACTIVE,
    BACKING_OFF,
    UNSCHEDULABLE,
    DECIDED
  }

  private static final class Entry {
    PodRecord pod;
    final long sequence;
    State state = State.ACTIVE;
    int attempts;
    long lastAttemptNanos;
    Set<String> rules = Set.of();
    Set<ClusterEvent> helpedBy = EnumSet.noneOf(ClusterEvent.class);

    /** Events that came while the pod was being decided: the snapshot may not have shown them. */
    final Set<ClusterEvent> missed = EnumSet.noneOf(ClusterEvent.class);

    Timers.@Nullable Cancellable timer;

    Entry(PodRecord pod, long sequence) {
      this.pod = pod;
      this.sequence = sequence;
    }
  }

  private static final Comparator<Entry> ORDER =
      Comparator.<Entry>comparingInt(e -> -e.pod.priority()).thenComparingLong(e -> e.sequence);

  /** The pods of one shape that nothing fits. */
  private static final class Alike {
    final TreeSet<Entry> entries = new TreeSet<>(ORDER);

    /** What may help any that has been among them: most events are told from that alone. */
    final Set<ClusterEvent> helpedBy = EnumSet.noneOf(ClusterEvent.class);

    void add(Entry entry) {
      entries.add(entry);
      helpedBy.addAll(entry.helpedBy);
    }

    boolean mayBeHelpedBy(Set<ClusterEvent> events) {
      return !Collections.disjoint(helpedBy, events);
    }

    @Nullable Entry first(Set<ClusterEvent> events) {
      for (Entry entry : entries) {
        if (!Collections.disjoint(entry.helpedBy, events)) {
          return entry;
        }
      }
      return null;
    }

    List<Entry> all(Set<ClusterEvent> events) {
      return entries.stream().filter(e -> !Collections.disjoint(e.helpedBy, events)).toList();
    }
  }

  private final Environment environment;
  private final BackOff pause;
  private final Consumer<String> onBackOffOver;
  private final Map<String, Entry> byUid = new HashMap<>();
  private final TreeSet<Entry> active = new TreeSet<>(ORDER);
  private final Map<PodShape, Alike> waiting = new HashMap<>();
  private final Set<Entry> decided = new LinkedHashSet<>();
  private long sequence;

  /**
   * @param pause how long after a pod was tried an event may have it tried again
   * @param onBackOffOver called on the environment's executor with the uid of a pod whose back-off
   *     is over; it must call {@link #backOffOver} under the loop's guard
   */
  public SchedulingQueue(Environment environment, BackOff pause, Consumer<String> onBackOffOver) {
    this.environment = environment;
    this.pause = pause;
    this.onBackOffOver = onBackOffOver;
  }

  /** Takes a pod that waits, or the new version of one. */
  public void put(PodRecord pod) {
    Entry entry = byUid.get(pod.uid());
    if (entry == null) {
      entry = new Entry(pod, sequence++);
      byUid.put(pod.uid(), entry);
      enter(entry, State.ACTIVE);
      return;
    }
    State state = entry.state;
    leave(entry);
    entry.pod = pod; // its place in the order may be another now
    enter(entry, state);
  }

  /** The version of a pod that waits or is being decided; null where it does neither. */
  public @Nullable PodRecord known(String uid) {
    Entry entry = byUid.get(uid);
    return entry == null ? null : entry.pod;
  }

  /** Drops a pod that is bound or gone. */
  public void remove(String uid) {
    Entry entry = byUid.remove(uid);
    if (entry != null) {
      leave(entry);
      cancel(entry);
    }
  }

  /**
   * The next pod to decide, or null. It stays known as being decided until it is dropped or given
   * back.
   */
  public @Nullable PodRecord pop() {
    if (active.isEmpty()) {
      return null;
    }
    Entry entry = active.first();
    move(entry, State.DECIDED);
    entry.attempts++;
    entry.lastAttemptNanos = environment.clock().nanos();
    entry.missed.clear();
    return entry.pod;
  }

  /**
   * Takes a certain pod to decide it with the one that {@link #pop} gave, whatever it waits for.
   *
   * @return whether it was there, and is not being decided already
   */
  public boolean take(String uid) {
    Entry entry = byUid.get(uid);
    if (entry == null || entry.state == State.DECIDED) {
      return false;
    }
    cancel(entry);
    move(entry, State.DECIDED);
    entry.attempts++;
    entry.lastAttemptNanos = environment.clock().nanos();
    entry.missed.clear();
    return true;
  }

  /**
   * Gives a pod back that nothing fits; it waits for one of the events.
   *
   * @param rules the rules that turned it away
   */
  public void putUnschedulable(PodRecord pod, Set<String> rules, Set<ClusterEvent> helpedBy) {
    Entry entry = byUid.get(pod.uid());
    if (entry == null || entry.state != State.DECIDED) {
      return;
    }
    entry.rules = rules;
    entry.helpedBy = helpedBy;
    move(entry, State.UNSCHEDULABLE);
    if (entry.missed.stream().anyMatch(helpedBy::contains)) {
      retry(entry);
    }
  }

  /** Gives a pod back whose binding failed; it is tried again after its back-off. */
  public void putFailed(PodRecord pod) {
    Entry entry = byUid.get(pod.uid());
    if (entry != null && entry.state == State.DECIDED) {
      retry(entry);
    }
  }

  /**
   * Something happened: pods that it may help are tried again. Pods of one shape are asked about
   * once.
   *
   * @param hint looks closer whether it helps pods of a shape
   */
  public void happened(Set<ClusterEvent> events, Hint hint) {
    if (events.isEmpty()) {
      return;
    }
    for (Alike alike : waitingByShape()) {
      if (alike.mayBeHelpedBy(events)) {
        Entry first = alike.first(events);
        if (first != null && hint.helps(first.pod, first.rules)) {
          alike.all(events).forEach(this::retry);
        }
      }
    }
    decided.forEach(e -> e.missed.addAll(events));
  }

  /** In the order of their best pods. */
  private List<Alike> waitingByShape() {
    List<Alike> lists = new ArrayList<>(waiting.values());
    lists.sort(Comparator.comparing(alike -> alike.entries.first(), ORDER));
    return lists;
  }

  /** Room was made for this very pod: it is tried again at once. */
  public void roomMade(String uid) {
    Entry entry = byUid.get(uid);
    if (entry != null && (entry.state == State.UNSCHEDULABLE || entry.state == State.BACKING_OFF)) {
      activate(entry);
    }
  }

  /** The pod itself was changed in a way that may let it fit. */
  public void changed(String uid) {
    Entry entry = byUid.get(uid);
    if (entry != null && entry.state == State.UNSCHEDULABLE) {
      retry(entry);
    }
  }

  private void retry(Entry entry) {
    Duration backOff = pause.delay(entry.attempts);
    long waited = environment.clock().nanos() - entry.lastAttemptNanos;
    long left = backOff.toNanos() - waited;
    if (left <= 0) {
      activate(entry);
      return;
    }
    move(entry, State.BACKING_OFF);
    cancel(entry);
    String uid = entry.pod.uid();
    entry.timer =
        environment.timers().after(Duration.ofNanos(left), () -> onBackOffOver.accept(uid));
  }

  /** A pod's back-off is over. */
  public void backOffOver(String uid) {
    Entry entry = byUid.get(uid);
    if (entry != null && entry.state == State.BACKING_OFF) {
      activate(entry);
    }
  }

  private void activate(Entry entry) {
    cancel(entry);
    move(entry, State.ACTIVE);
  }

  private void move(Entry entry, State to) {
    leave(entry);
    enter(entry, to);
  }

  private void leave(Entry entry) {
    switch (entry.state) {
      case ACTIVE -> active.remove(entry);
      case DECIDED -> decided.remove(entry);
      case BACKING_OFF -> {}
      case UNSCHEDULABLE -> {
        Alike alike = waiting.get(entry.pod.shape());
        if (alike != null && alike.entries.remove(entry) && alike.entries.isEmpty()) {
          waiting.remove(entry.pod.shape());
        }
      }
    }
  }

  private void enter(Entry entry, State to) {
    entry.state = to;
    switch (to) {
      case ACTIVE -> active.add(entry);
      case DECIDED -> decided.add(entry);
      case BACKING_OFF -> {}
      case UNSCHEDULABLE ->
          waiting.computeIfAbsent(entry.pod.shape(), shape -> new Alike()).add(entry);
    }
  }

  private static void cancel(Entry entry) {
    if (entry.timer != null) {
      entry.timer.cancel();
      entry.timer = null;
    }
  }

  public int active() {
    return active.size();
  }

  public long backingOff() {
    return count(State.BACKING_OFF);
  }

  public long unschedulable() {
    return count(State.UNSCHEDULABLE);
  }

  private long count(State state) {
    return byUid.values().stream().filter(e -> e.state == state).count();
  }
}
