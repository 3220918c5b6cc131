package io.berth.apiserver.cache;

import io.berth.api.resource.GroupResource;
import io.berth.api.time.Environment;
import io.berth.apiserver.store.StoreException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a step when it starts and after every change of some resources, one run at a time; changes
 * that come while it runs lead to one more. A step that fails runs again after {@value
 * #RETRY_MILLIS} ms.
 */
public final class CacheFollower {
  private static final Logger log = LoggerFactory.getLogger(CacheFollower.class);
  private static final long RETRY_MILLIS = 500;

  private final WatchCache cache;
  private final Environment environment;
  private final List<GroupResource> resources;
  private final Runnable step;
  private boolean running;
  private boolean wanted;

  public CacheFollower(
      WatchCache cache, Environment environment, List<GroupResource> resources, Runnable step) {
    this.cache = cache;
    this.environment = environment;
    this.resources = List.copyOf(resources);
    this.step = step;
  }

  /** Runs the first step at once where the cache is loaded, and follows. */
  public void start() {
    if (!cache.ready()) {
      environment.timers().after(Duration.ofMillis(RETRY_MILLIS), this::start);
      return;
    }
    resources.forEach(this::follow);
    changed(Runnable::run);
  }

  private void follow(GroupResource resource) {
    try {
      cache.watch(resource, Selection.everything(), cache.revision(), new Listener(resource));
    } catch (StoreException e) {
      log.warn("not followed resource={} cause={}", resource, e.getMessage());
      environment.timers().after(Duration.ofMillis(RETRY_MILLIS), () -> follow(resource));
    }
  }

  /** Has the step run once more, after a while. */
  public void again() {
    environment
        .timers()
        .after(Duration.ofMillis(RETRY_MILLIS), () -> changed(environment.executor()));
  }

  private void changed(Executor executor) {
    synchronized (this) {
      wanted = true;
      if (running) {
        return;
      }
      running = true;
    }
    executor.execute(this::run);
  }

  private void run() {
    while (next()) {
      try {
        step.run();
      } catch (RuntimeException e) {
        log.warn("step failed resources={} cause={}", resources, e.toString());
        again();
      }
    }
  }

  private synchronized boolean next() {
    running = wanted;
    wanted = false;
    return running;
  }

  private final class Listener implements CacheListener {
    private final GroupResource resource;

    Listener(GroupResource resource) {
      this.resource = resource;
    }

    @Override
    public void onEvents(List<WatchEvent> events) {
      changed(environment.executor());
    }

    @Override
    public void onBookmark(long revision) {}

    /** All is looked at anew then: nothing that was missed matters. */
    @Override
    public void onEnd(WatchEnd end) {
      if (end != WatchEnd.CLOSED) {
        follow(resource);
        changed(environment.executor());
      }
    }
  }
}
