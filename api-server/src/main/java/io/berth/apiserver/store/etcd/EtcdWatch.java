package io.berth.apiserver.store.etcd;

import io.berth.apiserver.store.CompactedException;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.StoreException;
import io.berth.apiserver.store.StoreUnavailableException;
import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.WatchCreateRequest;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One watch on a stream of its own. It takes the next response only when its listener is done with
 * the last, so that a slow listener holds back etcd and not this process's memory. It never resumes
 * by itself: the owner does, from the last revision that it saw.
 *
 * <p>A watch on part of {@link io.berth.apiserver.store.StoreKeys#ROOT} asks for all of it and
 * drops what is outside, because etcd's own progress notices can overtake events (before 3.4.25);
 * every write's own event is the one sure sign of progress.
 */
final class EtcdWatch implements Store.Watch, ClientResponseObserver<WatchRequest, WatchResponse> {
  private final String prefix;
  private final long afterRevision;
  private final Store.WatchListener listener;
  private final EtcdConnection connection;
  private final Consumer<EtcdWatch> onEnded;

  /** Held while the listener is called. */
  private final ReentrantLock turn = new ReentrantLock();

  private boolean ended;
  private volatile @Nullable ClientCallStreamObserver<WatchRequest> stream;
  private volatile long reached;

  EtcdWatch(
      EtcdConnection connection,
      String prefix,
      long afterRevision,
      Store.WatchListener listener,
      Consumer<EtcdWatch> onEnded) {
    this.connection = connection;
    this.prefix = prefix;
    this.afterRevision = afterRevision;
    this.reached = afterRevision;
    this.listener = listener;
    this.onEnded = onEnded;
  }

  void begin(String range) {
    ClientCallStreamObserver<WatchRequest> opened =
        (ClientCallStreamObserver<WatchRequest>) connection.watch().watch(this);
    WatchCreateRequest create =
        WatchCreateRequest.newBuilder()
            .setKey(EtcdKeys.bytes(range))
            .setRangeEnd(EtcdKeys.end(range))
            .setStartRevision(afterRevision + 1)
            .setPrevKv(true)
            .build();
    try {
      opened.onNext(WatchRequest.newBuilder().setCreateRequest(create).build());
    } catch (IllegalStateException e) {
      end(connection.unavailable(e)); // the stream failed before it was used
    }
  }

  /** The revision up to which the listener has been told everything. */
  long reached() {
    return reached;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<WatchRequest> opened) {
    stream = opened;
    opened.disableAutoRequestWithInitial(1);
  }

  @Override
  public void onNext(WatchResponse response) {
    turn.lock();
    try {
      if (ended) {
        return;
      }
      if (response.getCanceled()) {
        end(cancelled(response));
        return;
      }
      if (response.getEventsCount() > 0) {
        deliver(response.getEventsList());
      }
    } finally {
      turn.unlock();
    }
    ClientCallStreamObserver<WatchRequest> open = stream;
    if (open != null) {
      open.request(1);
    }
  }

  private StoreException cancelled(WatchResponse response) {
    return response.getCompactRevision() > 0
        ? new CompactedException(afterRevision, response.getCompactRevision())
        : new StoreUnavailableException(
            "etcd ended the watch: " + response.getCancelReason(), null);
  }

  private void deliver(List<Event> response) {
    List<Store.Event> events = new ArrayList<>(response.size());
    for (Event event : response) {
      if (event.getKv().getKey().toStringUtf8().startsWith(prefix)) {
        events.add(EtcdKeys.event(event));
      }
    }
    long last = response.getLast().getKv().getModRevision();
    if (!events.isEmpty()) {
      listener.onEvents(List.copyOf(events));
    }
    if (events.isEmpty() || events.getLast().revision() < last) {
      listener.onProgress(last);
    }
    reached = last;
  }

  @Override
  public void onError(Throwable failure) {
    end(connection.unavailable(failure));
  }

  @Override
  public void onCompleted() {
    end(new StoreUnavailableException("etcd ended the watch", null));
  }

  @Override
  public void close() {
    end(null);
  }

  /** Ends the watch with an error. */
  void fail(StoreException cause) {
    end(cause);
  }

  private void end(@Nullable StoreException cause) {
    turn.lock();
    try {
      if (ended) {
        return;
      }
      ended = true;
      ClientCallStreamObserver<WatchRequest> open = stream;
      if (open != null) {
        open.cancel("the watch has ended", null);
      }
      onEnded.accept(this);
      listener.onEnd(cause);
    } finally {
      turn.unlock();
    }
  }
}
