package io.berth.controllers.object;

import io.berth.api.object.ApiObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What an owner's reconciles have done to its children and the informer does not show yet, so that
 * a stale copy never leads to a second creation or deletion. Instead of counting events that are
 * awaited, and giving up after a time, it knows the children by name and uid:
 *
 * <ul>
 *   <li>created: known from the server's answer, until the informer shows that uid, or its
 *       deletion;
 *   <li>deleted: known by uid, until the informer shows it deleting, or its deletion;
 *   <li>unknown: a creation whose answer was lost; its name stays reserved, and the creation is
 *       repeated under that name until the server says how it stands.
 * </ul>
 *
 * Holds what is in flight only. Safe for use by many threads; one owner's reconciles run one after
 * the other.
 */
public final class RecentChildren {
  /** A child that was created and is not seen yet. */
  public record Created(ApiObject object, long sinceNanos) {}

  /** A child that was deleted; a version from before the deletion may still be to come. */
  private record Deleted(boolean wasShown) {}

  private static final class Flight {
    final Map<String, Created> created = new TreeMap<>();
    final Map<String, Deleted> deleted = new TreeMap<>();
    final Map<String, String> unknown = new LinkedHashMap<>();

    boolean isEmpty() {
      return created.isEmpty() && deleted.isEmpty() && unknown.isEmpty();
    }
  }

  private final Map<String, Flight> flights = new HashMap<>();

  private Flight flight(String owner) {
    return flights.computeIfAbsent(owner, uid -> new Flight());
  }

  /** A creation was answered. */
  public synchronized void created(String owner, ApiObject child, long nowNanos) {
    Flight flight = flight(owner);
    flight.unknown.remove(child.key().name());
    flight.created.put(child.header().uid(), new Created(child, nowNanos));
  }

  /** A deletion was answered. */
  public synchronized void deleted(String owner, ApiObject child) {
    Flight flight = flight(owner);
    boolean wasShown = flight.created.remove(child.header().uid()) == null;
    flight.deleted.put(child.header().uid(), new Deleted(wasShown));
  }

  /** A creation under that name had no answer. */
  public synchronized void unknown(String owner, String childName) {
    flight(owner).unknown.put(childName, childName);
  }

  /** The creation under that name is known not to have happened. */
  public synchronized void refused(String owner, String childName) {
    Flight flight = flights.get(owner);
    if (flight != null) {
      flight.unknown.remove(childName);
      prune(owner, flight);
    }
  }

  /** The informer tells of a child's deletion. */
  public synchronized void seenDeleted(String owner, String childUid) {
    Flight flight = flights.get(owner);
    if (flight != null) {
      flight.created.remove(childUid);
      flight.deleted.remove(childUid);
      prune(owner, flight);
    }
  }

  /** The owner is gone. */
  public synchronized void forget(String owner) {
    flights.remove(owner);
  }

  /** Names of creations without an answer, oldest first. */
  public synchronized List<String> unanswered(String owner) {
    Flight flight = flights.get(owner);
    return flight == null ? List.of() : List.copyOf(flight.unknown.keySet());
  }

  /**
   * The children as they stand: what the informer shows, without those that were deleted, with
   * those that were created. Forgets what the informer shows by now.
   */
  public synchronized List<ApiObject> current(String owner, List<ApiObject> shown) {
    Flight flight = flights.get(owner);
    if (flight == null) {
      return shown;
    }
    Map<String, ApiObject> byUid = new LinkedHashMap<>();
    shown.forEach(child -> byUid.put(child.header().uid(), child));
    flight.created.keySet().removeAll(byUid.keySet());
    shown.forEach(child -> flight.unknown.remove(child.key().name()));
    flight.deleted.entrySet().removeIf(e -> settled(e.getValue(), byUid.get(e.getKey())));
    List<ApiObject> current = new ArrayList<>();
    for (ApiObject child : shown) {
      if (!flight.deleted.containsKey(child.header().uid())) {
        current.add(child);
      }
    }
    flight.created.values().forEach(created -> current.add(created.object()));
    prune(owner, flight);
    return current;
  }

  private static boolean settled(Deleted deleted, @Nullable ApiObject shown) {
    return shown == null ? deleted.wasShown() : shown.header().deleting();
  }

  /**
   * Children created before that time and not seen yet: whether they still exist is to be asked.
   */
  public synchronized List<ApiObject> unseenSince(String owner, long nanos) {
    Flight flight = flights.get(owner);
    return flight == null
        ? List.of()
        : flight.created.values().stream()
            .filter(created -> created.sinceNanos() - nanos <= 0)
            .map(Created::object)
            .toList();
  }

  /** Whether the informer has yet to show something. */
  public synchronized boolean waiting(String owner) {
    return flights.containsKey(owner);
  }

  private void prune(String owner, Flight flight) {
    if (flight.isEmpty()) {
      flights.remove(owner);
    }
  }
}
