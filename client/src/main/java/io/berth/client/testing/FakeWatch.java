package io.berth.client.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ObjectKey;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Transport.Stream;
import io.berth.api.transport.Transport.StreamListener;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** One watch on a {@link FakeApi}: hands its listener one call at a time, on an executor. */
final class FakeWatch implements Stream {
  private final Executor executor;
  private final StreamListener listener;
  private final Predicate<ObjectKey> keys;
  private final Predicate<JsonNode> selector;
  private final String apiVersion;
  private final String kind;
  private final Queue<Runnable> calls = new ArrayDeque<>();
  private boolean running;
  private boolean held;
  private boolean closed;

  FakeWatch(
      Executor executor,
      StreamListener listener,
      Predicate<ObjectKey> keys,
      Predicate<JsonNode> selector,
      String apiVersion,
      String kind) {
    this.executor = executor;
    this.listener = listener;
    this.keys = keys;
    this.selector = selector;
    this.apiVersion = apiVersion;
    this.kind = kind;
  }

  void start() {
    enqueue(() -> listener.onStart(200));
  }

  /** Sends what a change means to a watcher with this selection. */
  void offer(FakeStore.Change change) {
    if (!keys.test(change.key())) {
      return;
    }
    ObjectNode before = change.before();
    ObjectNode after = change.after();
    boolean was = before != null && selector.test(before);
    boolean is = after != null && selector.test(after);
    if (is && after != null) {
      frame(was ? "MODIFIED" : "ADDED", after);
    } else if (was && before != null) {
      ObjectNode gone = before.deepCopy();
      ((ObjectNode) gone.path("metadata")).put("resourceVersion", Long.toString(change.revision()));
      frame("DELETED", gone);
    }
  }

  void added(ObjectNode object) {
    if (selector.test(object)) {
      frame("ADDED", object);
    }
  }

  void bookmark(long revision, boolean initialEnd) {
    ObjectNode object = Json.object().put("kind", kind).put("apiVersion", apiVersion);
    ObjectNode metadata = object.putObject("metadata");
    metadata.put("resourceVersion", Long.toString(revision));
    if (initialEnd) {
      metadata.putObject("annotations").put("k8s.io/initial-events-end", "true");
    }
    frame("BOOKMARK", object);
  }

  void error(ApiException e) {
    frame("ERROR", e.toStatus());
    close(null);
  }

  private void frame(String type, ObjectNode object) {
    ObjectNode event = Json.object().put("type", type);
    event.set("object", object);
    byte[] bytes = Json.bytes(event);
    enqueue(() -> listener.onFrame(bytes));
  }

  /** Keeps back what is sent from now on, until released. */
  synchronized void hold(boolean hold) {
    held = hold && !closed;
    run();
  }

  @Override
  public void cancel() {
    close(null);
  }

  synchronized void close(@Nullable Throwable cause) {
    if (!closed) {
      enqueue(() -> listener.onClose(cause));
      closed = true;
      held = false;
      run();
    }
  }

  synchronized boolean closed() {
    return closed;
  }

  private synchronized void enqueue(Runnable call) {
    if (!closed) {
      calls.add(call);
      run();
    }
  }

  private synchronized void run() {
    if (!running && !held && !calls.isEmpty()) {
      running = true;
      executor.execute(this::drain);
    }
  }

  private void drain() {
    Runnable call;
    while ((call = next()) != null) {
      call.run();
    }
  }

  private synchronized @Nullable Runnable next() {
    Runnable call = held ? null : calls.poll();
    running = call != null;
    return call;
  }
}
