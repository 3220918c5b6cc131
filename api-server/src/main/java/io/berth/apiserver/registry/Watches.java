package io.berth.apiserver.registry;

import io.berth.api.object.ApiObject;
import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Errors;
import io.berth.apiserver.cache.CacheListener;
import io.berth.apiserver.cache.CacheWatch;
import io.berth.apiserver.cache.Selection;
import io.berth.apiserver.cache.Snapshot;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.cache.WatchEnd;
import io.berth.apiserver.cache.WatchEvent;
import io.berth.apiserver.server.Frames;
import io.berth.apiserver.server.RequestInfo;
import io.berth.apiserver.server.ResponseSink;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Watches: the objects that exist, where the client wants them, then every change. A watch ends at
 * its time limit, when the client goes or does not keep up, and when the history it asks for is
 * gone; clients then begin again from the last revision that they saw.
 */
final class Watches {
  /** Without a limit of its own a watch ends after one to two times this. */
  private static final Duration USUAL_LIMIT = Duration.ofMinutes(30);

  private static final Map<String, String> HEADERS = Map.of("content-type", "application/json");

  private final WatchCache cache;
  private final Reads reads;
  private final Environment environment;

  Watches(WatchCache cache, Reads reads, Environment environment) {
    this.cache = cache;
    this.reads = reads;
    this.environment = environment;
  }

  void watch(
      ApiRequest request,
      RequestInfo info,
      View view,
      ListOptions options,
      Format format,
      ResponseSink sink) {
    EventFrames events =
        new EventFrames(view, format, Answers.include(request, format), environment.clock());
    boolean initial = wantsInitial(options);
    Snapshot start = null;
    if (initial) {
      start = reads.snapshot(info, options);
    }
    long after = start != null ? start.revision() : beginning(options);
    Frames frames = sink.start(200, HEADERS);
    if (options.timeoutSeconds() < 0) {
      frames.end(); // its time is over already
      return;
    }
    PacedFrames paced = new PacedFrames(frames);
    if (start != null && !writeInitial(paced, events, start, options)) {
      return;
    }
    Running running = new Running(paced, events, options);
    frames.onClosed(running::close);
    running.limit(environment.timers().after(limit(options), running::finish));
    running.started(
        cache.watch(info.resource().storedResource(), selection(info, options), after, running));
  }

  /** Without a revision, or with revision 0, a watch begins with what exists. */
  private static boolean wantsInitial(ListOptions options) {
    Boolean asked = options.initialEvents();
    return asked != null ? asked : options.revision() <= 0;
  }

  private long beginning(ListOptions options) {
    return options.revision() > 0 ? options.revision() : cache.freshRevision();
  }

  private static boolean writeInitial(
      PacedFrames frames, EventFrames events, Snapshot start, ListOptions options) {
    for (ApiObject object : start.objects()) {
      if (options.matches(object) && !events.write(frames, WatchEvent.Type.ADDED, object)) {
        return false;
      }
    }
    boolean marked = Boolean.TRUE.equals(options.initialEvents()) && options.bookmarks();
    return !marked || frames.write(events.bookmark(start.revision(), true));
  }

  private static Selection selection(RequestInfo info, ListOptions options) {
    return new Selection(
        info.namespace().isEmpty() ? null : info.namespace(),
        options.fields().exactValue("metadata.name").orElse(null),
        options.fields().exactValue(Selection.NODE_NAME).orElse(null),
        options::matches);
  }

  private Duration limit(ListOptions options) {
    if (options.timeoutSeconds() != 0) {
      return Duration.ofSeconds(
          Math.clamp(options.timeoutSeconds(), 0, Duration.ofDays(7).toSeconds()));
    }
    return USUAL_LIMIT.plusMillis(environment.random().nextLong(USUAL_LIMIT.toMillis()));
  }

  /** One running watch. */
  private static final class Running implements CacheListener {
    private final PacedFrames frames;
    private final EventFrames events;
    private final ListOptions options;
    private @Nullable CacheWatch watch;
    private Timers.@Nullable Cancellable limit;
    private boolean closed;

    Running(PacedFrames frames, EventFrames events, ListOptions options) {
      this.frames = frames;
      this.events = events;
      this.options = options;
    }

    synchronized void limit(Timers.Cancellable timer) {
      limit = timer;
      if (closed) {
        timer.cancel();
      }
    }

    void started(CacheWatch begun) {
      synchronized (this) {
        watch = begun;
        if (!closed) {
          return;
        }
      }
      begun.close();
    }

    /** The time is up: the client is told how far it is, where it wants to know. */
    void finish() {
      frames.end();
      close();
    }

    void close() {
      CacheWatch running;
      synchronized (this) {
        closed = true;
        running = watch;
        if (limit != null) {
          limit.cancel();
        }
      }
      if (running != null) {
        running.close();
      }
    }

    @Override
    public void onEvents(List<WatchEvent> seen) {
      for (WatchEvent event : seen) {
        if (!events.write(frames, event.type(), event.object())) {
          close();
          return;
        }
      }
    }

    @Override
    public void onBookmark(long revision) {
      if (options.bookmarks() && !frames.write(events.bookmark(revision, false))) {
        close();
      }
    }

    @Override
    public void onEnd(WatchEnd end) {
      if (end == WatchEnd.COMPACTED) {
        frames.write(
            EventFrames.error(Errors.expired("too old resource version: " + options.revision())));
      }
      frames.end();
      close();
    }
  }
}
