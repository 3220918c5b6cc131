package io.berth.client;

import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Transport;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one informer up to date: lists, then watches from there on, resumes a watch that ended from
 * the last version seen, and lists again where the server no longer has that version.
 *
 * <pre>
 *   LIST ──ok──▶ WATCH ──ended──▶ WATCH (after a back-off where nothing came)
 *    ▲ └─failed─▶ LIST (back-off)      │
 *    └───────────── 410 Gone ──────────┘
 * </pre>
 */
final class Reflector {
  private static final Logger log = LoggerFactory.getLogger(Reflector.class);
  private static final Duration WATCH_TIMEOUT = Duration.ofMinutes(5);

  /** How long a watch may outlast the time-out that the server was asked to keep. */
  private static final Duration SILENCE = Duration.ofSeconds(30);

  private final ApiClient client;
  private final Environment environment;
  private final Informer informer;
  private final Selection selection;
  private final BackOff backOff = new BackOff(Duration.ofMillis(50), Duration.ofSeconds(10));

  private String version = "";
  private int failures;
  private boolean closed;
  private Transport.@Nullable Stream stream;
  private Timers.@Nullable Cancellable timer;

  Reflector(ApiClient client, Environment environment, Informer informer, Selection selection) {
    this.client = client;
    this.environment = environment;
    this.informer = informer;
    this.selection = selection;
  }

  void start() {
    environment.executor().execute(this::list);
  }

  void close() {
    Transport.Stream running;
    synchronized (this) {
      closed = true;
      running = stream;
      if (timer != null) {
        timer.cancel();
      }
    }
    if (running != null) {
      running.cancel();
    }
  }

  private void list() {
    if (isClosed()) {
      return;
    }
    try {
      ListOptions options =
          new ListOptions(selection.labelSelector(), selection.fieldSelector(), "", 0);
      ObjectList list = client.list(informer.resource(), selection.namespace(), options);
      informer.replace(list.items());
      synchronized (this) {
        version = list.resourceVersion();
        failures = 0;
      }
      watch();
    } catch (RuntimeException e) {
      failed("list", e, this::list);
    }
  }

  private void watch() {
    if (isClosed()) {
      return;
    }
    String from;
    synchronized (this) {
      from = version;
    }
    ApiRequest request =
        new ListOptions(selection.labelSelector(), selection.fieldSelector(), from, 0)
            .on(ApiRequest.get(informer.resource().path(selection.namespace())))
            .withQuery("watch", "true")
            .withQuery("allowWatchBookmarks", "true")
            .withQuery("timeoutSeconds", Long.toString(WATCH_TIMEOUT.toSeconds()));
    Watching watching = new Watching();
    Transport.Stream started = client.transport().stream(request, watching);
    synchronized (this) {
      stream = started;
      if (timer != null) {
        timer.cancel();
      }
      timer = environment.timers().after(WATCH_TIMEOUT.plus(SILENCE), started::cancel);
      if (!closed) {
        return;
      }
    }
    started.cancel();
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private void failed(String what, RuntimeException cause, Runnable retry) {
    Duration delay;
    synchronized (this) {
      if (closed) {
        return;
      }
      delay = backOff.delay(++failures, environment.random());
      timer = environment.timers().after(delay, retry);
    }
    log.warn(
        "{} failed resource={} retryMillis={} error={}",
        what,
        informer.resource().groupResource(),
        delay.toMillis(),
        cause.getMessage());
  }

  /** One watch. */
  private final class Watching implements Transport.StreamListener {
    private int status = 200;
    private @Nullable ApiException refusal;
    private boolean heard;

    @Override
    public void onStart(int status) {
      this.status = status;
    }

    @Override
    public void onFrame(byte[] bytes) {
      if (status != 200) {
        refusal = ApiException.of(Json.parse(bytes));
        return;
      }
      ObjectStream.Frame frame = ObjectStream.frame(bytes);
      if (frame.type().equals("ERROR")) {
        refusal = ApiException.of(Json.parse(frame.object()));
        return;
      }
      onEvent(frame.type(), ObjectStream.object(informer.resource(), frame.object()));
    }

    @Override
    public void onEvent(String type, ApiObject object) {
      heard = true;
      switch (type) {
        case "ADDED", "MODIFIED" -> informer.put(object);
        case "DELETED" -> informer.remove(object);
        case "BOOKMARK" -> {}
        default -> throw new IllegalArgumentException("unknown watch event " + type);
      }
      synchronized (Reflector.this) {
        version = Long.toString(object.header().revision());
        failures = 0;
      }
    }

    @Override
    public void onClose(@Nullable Throwable cause) {
      if (isClosed()) {
        return;
      }
      ApiException refused = refusal;
      if (refused != null && refused.isGone()) {
        environment.executor().execute(Reflector.this::list);
      } else if (refused != null) {
        failed("watch", refused, Reflector.this::watch);
      } else if (cause != null || !heard) {
        String why = cause == null ? "ended at once" : String.valueOf(cause.getMessage());
        failed("watch", new IllegalStateException(why, cause), Reflector.this::watch);
      } else {
        environment.executor().execute(Reflector.this::watch);
      }
    }
  }
}
