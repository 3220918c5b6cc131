package io.berth.apiserver.server;

import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Seats for requests that are being served, shared fairly: when all are taken, requests wait in one
 * queue a flow (a flow is a user), and the queues are served in turn, so that one client with
 * thousands of requests makes nobody wait longer than a client with one. A request takes as many
 * seats as it is dear. No flow holds more than three quarters of the seats; whoever waits too long,
 * or in too long a queue, is told to come again.
 *
 * <p>Fair queuing after J. Nagle, "On Packet Switches With Infinite Storage" (RFC 970), with the
 * deficit of M. Shreedhar and G. Varghese's round robin left out: widths are small beside the
 * seats. Safe for use by many threads; a caller that has to wait is parked, the lock is held for a
 * few steps only.
 */
final class FairSeats {
  private static final String FULL = "Too many requests, please try again later.";

  /** A request that waits. */
  private static final class Waiter {
    final int width;
    final CountDownLatch seated = new CountDownLatch(1);

    Waiter(int width) {
      this.width = width;
    }
  }

  /** What one user has under way. */
  private static final class Flow {
    final ArrayDeque<Waiter> waiting = new ArrayDeque<>();
    int held;
  }

  private final int seats;
  private final int flowSeats;
  private final int queueLength;
  private final Duration patience;
  private final Map<String, Flow> flows = new HashMap<>();

  /** Flows with waiters, the one whose turn it is first. */
  private final ArrayDeque<Flow> turns = new ArrayDeque<>();

  private int taken;

  /**
   * @param seats how many there are
   * @param queueLength the most requests of one flow that wait
   * @param patience how long one waits at most
   */
  FairSeats(int seats, int queueLength, Duration patience) {
    this.seats = seats;
    this.flowSeats = Math.max(1, seats - seats / 4);
    this.queueLength = queueLength;
    this.patience = patience;
  }

  /** Seats that are taken; given back by {@link #close}. */
  final class Seat implements AutoCloseable {
    private final Flow flow;
    private final String name;
    private final int width;

    private Seat(Flow flow, String name, int width) {
      this.flow = flow;
      this.name = name;
      this.width = width;
    }

    @Override
    public void close() {
      synchronized (FairSeats.this) {
        leave(flow, name, width);
        seatNext();
      }
    }
  }

  /**
   * Takes seats, when it is this flow's turn.
   *
   * @param flow who asks
   * @param width how many; more than a flow may hold count as that
   * @throws ApiException 429 after too long a wait, or at once where too many of this flow wait
   */
  Seat take(String flow, int width) {
    int wide = Math.max(1, Math.min(width, flowSeats));
    Flow mine;
    Waiter waiter;
    synchronized (this) {
      mine = flows.computeIfAbsent(flow, f -> new Flow());
      if (mine.waiting.isEmpty() && turns.isEmpty() && fits(mine, wide)) {
        sit(mine, wide);
        return new Seat(mine, flow, wide);
      }
      if (mine.waiting.size() >= queueLength) {
        throw Errors.tooManyRequests(FULL, 1);
      }
      waiter = new Waiter(wide);
      if (mine.waiting.isEmpty()) {
        turns.add(mine);
      }
      mine.waiting.add(waiter);
      seatNext(); // those in line before may all be at their own flow's limit
    }
    if (!awaited(waiter)) {
      synchronized (this) {
        if (waiter.seated.getCount() > 0) {
          mine.waiting.remove(waiter);
          if (mine.waiting.isEmpty()) {
            turns.remove(mine);
          }
          forget(mine, flow);
          seatNext();
          throw Errors.tooManyRequests(FULL, 1);
        }
      }
    }
    return new Seat(mine, flow, wide);
  }

  /** How many seats are taken. */
  synchronized int taken() {
    return taken;
  }

  /** How many requests wait. */
  synchronized int waiting() {
    return turns.stream().mapToInt(flow -> flow.waiting.size()).sum();
  }

  private boolean awaited(Waiter waiter) {
    try {
      return waiter.seated.await(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private boolean fits(Flow flow, int width) {
    return taken + width <= seats && flow.held + width <= flowSeats;
  }

  private void sit(Flow flow, int width) {
    flow.held += width;
    taken += width;
  }

  private void leave(Flow flow, String name, int width) {
    flow.held -= width;
    taken -= width;
    forget(flow, name);
  }

  private void forget(Flow flow, String name) {
    if (flow.held == 0 && flow.waiting.isEmpty()) {
      flows.remove(name, flow);
    }
  }

  /**
   * Seats whose turn it is, as far as there is room. A flow at its own limit is passed over; one
   * for whom the room is too small is waited for, or wide requests would never get in.
   */
  private void seatNext() {
    int passed = 0;
    while (passed < turns.size()) {
      Flow flow = turns.element();
      Waiter first = flow.waiting.element();
      if (flow.held + first.width > flowSeats) {
        turns.add(turns.remove());
        passed++;
        continue;
      }
      if (taken + first.width > seats) {
        return;
      }
      turns.remove();
      flow.waiting.remove();
      sit(flow, first.width);
      first.seated.countDown();
      if (!flow.waiting.isEmpty()) {
        turns.add(flow);
      }
      passed = 0;
    }
  }
}
