package io.berth.client.testing;

import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The faults that a {@link FakeApi} is to show. Safe for use by many threads. */
public final class FakeFaults {
  /** What goes wrong with a request. */
  public sealed interface Fault {
    /** The server refuses it. */
    record Refused(ApiException answer) implements Fault {}

    /** The server is not reached: nothing happens. */
    record Unreachable() implements Fault {}

    /** The request takes effect, and the client never hears of it. */
    record LostReply() implements Fault {}
  }

  private record Planned(Predicate<ApiRequest> which, int[] left, Fault fault) {}

  private final List<Planned> planned = new ArrayList<>();

  /** Lets the next requests that match fail. Earlier plans come first. */
  public synchronized void next(int times, Predicate<ApiRequest> which, Fault fault) {
    planned.add(new Planned(which, new int[] {times}, fault));
  }

  /** Refuses the next matching writes with a version conflict. */
  public void conflict(int times, Predicate<ApiRequest> which) {
    next(
        times,
        which,
        new Fault.Refused(
            new ApiException(409, "Conflict", "the object has been modified; please apply again")));
  }

  public void unreachable(int times, Predicate<ApiRequest> which) {
    next(times, which, new Fault.Unreachable());
  }

  public void lostReply(int times, Predicate<ApiRequest> which) {
    next(times, which, new Fault.LostReply());
  }

  /** Ends all planned faults. */
  public synchronized void clear() {
    planned.clear();
  }

  /** Matches a method and a part of the path. */
  public static Predicate<ApiRequest> request(String method, String pathPart) {
    return r -> r.method().equals(method) && r.path().contains(pathPart);
  }

  synchronized @Nullable Fault take(ApiRequest request) {
    for (Planned plan : planned) {
      if (plan.left()[0] > 0 && plan.which().test(request)) {
        plan.left()[0]--;
        return plan.fault();
      }
    }
    return null;
  }
}
