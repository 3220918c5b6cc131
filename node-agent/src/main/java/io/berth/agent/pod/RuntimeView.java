package io.berth.agent.pod;

import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What all drivers run, by pod. Workers that ask at the same time share one listing that began
 * after they asked; whoever finds that another pod has changed has it looked at. Safe for use by
 * many threads.
 */
public final class RuntimeView implements AutoCloseable {
  /** Looks again although no driver said that anything changed. */
  private static final Duration PERIOD = Duration.ofSeconds(5);

  private static final Logger log = LoggerFactory.getLogger(RuntimeView.class);

  /**
   * What runs of one pod.
   *
   * @param driver who runs it; null where nothing runs
   */
  public record Observed(RuntimeState state, @Nullable RuntimeDriver driver) {
    static final Observed NOTHING = new Observed(RuntimeState.NONE, null);
  }

  /**
   * One look at all drivers.
   *
   * @param pods by uid
   * @param unreachable drivers that did not answer, and why; what is said of their pods is old
   */
  public record Listing(Map<String, Observed> pods, Map<RuntimeDriver, String> unreachable) {}

  private final List<RuntimeDriver> drivers;
  private final Environment environment;
  private final AtomicLong asked = new AtomicLong();
  private final AtomicLong changes = new AtomicLong();
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private volatile Consumer<String> changed = uid -> {};
  private volatile boolean closed;
  private volatile Timers.@Nullable Cancellable timer;
  private long served;
  private Listing last = new Listing(Map.of(), Map.of());

  public RuntimeView(Collection<RuntimeDriver> drivers, Environment environment) {
    this.drivers = drivers.stream().distinct().toList();
    this.environment = environment;
  }

  /**
   * Begins to look; the listener is told the uids of pods whose sandboxes or containers changed.
   */
  void start(Consumer<String> listener) {
    changed = listener;
    drivers.forEach(driver -> driver.onChange(this::schedule));
    tick();
  }

  private void tick() {
    if (!closed) {
      look();
      timer = environment.timers().after(PERIOD, this::tick);
    }
  }

  private void schedule() {
    if (!closed && scheduled.compareAndSet(false, true)) {
      environment
          .executor()
          .execute(
              () -> {
                scheduled.set(false);
                look();
              });
    }
  }

  /** Looks, and has every pod looked at that changed since the last look. */
  void look() {
    fresh("");
  }

  /** The newest listing, which may be old. */
  public synchronized Listing last() {
    return last;
  }

  /** How often anything was found changed. */
  public long changes() {
    return changes.get();
  }

  /** A listing that began after this call; changes of other pods than the given one are told. */
  public Listing fresh(String exceptUid) {
    long ticket = asked.incrementAndGet();
    Set<String> different;
    Listing listing;
    synchronized (this) {
      if (served >= ticket) {
        return last;
      }
      long upTo = asked.get();
      listing = list();
      different = difference(last, listing);
      changes.addAndGet(different.isEmpty() ? 0 : 1);
      last = listing;
      served = upTo;
    }
    different.remove(exceptUid);
    different.stream().sorted().forEach(changed);
    return listing;
  }

  private Listing list() {
    Map<String, Observed> pods = new HashMap<>();
    Map<RuntimeDriver, String> unreachable = new HashMap<>();
    for (RuntimeDriver driver : drivers) {
      try {
        add(pods, driver);
      } catch (RuntimeException e) {
        if (!last.unreachable().containsKey(driver)) {
          log.warn("runtime unreachable driver={} error={}", driver.name(), e.getMessage());
        }
        unreachable.put(driver, String.valueOf(e.getMessage()));
        last.pods()
            .forEach(
                (uid, observed) -> {
                  if (driver.equals(observed.driver())) {
                    pods.put(uid, observed);
                  }
                });
      }
    }
    return new Listing(pods, unreachable);
  }

  private static void add(Map<String, Observed> pods, RuntimeDriver driver) {
    Map<String, List<Sandbox>> sandboxes = new HashMap<>();
    Map<String, List<Container>> containers = new HashMap<>();
    Map<String, String> uids = new HashMap<>();
    // Containers first: what is seen of them then has its sandbox seen, too.
    List<Container> all = driver.containers();
    for (Sandbox sandbox : driver.sandboxes()) {
      uids.put(sandbox.id(), sandbox.uid());
      sandboxes.computeIfAbsent(sandbox.uid(), uid -> new ArrayList<>()).add(sandbox);
    }
    for (Container container : all) {
      String uid = uids.get(container.sandboxId());
      if (uid != null) {
        containers.computeIfAbsent(uid, u -> new ArrayList<>()).add(container);
      }
    }
    sandboxes.forEach(
        (uid, list) -> {
          List<Container> own = containers.getOrDefault(uid, List.of());
          pods.put(uid, new Observed(new RuntimeState(list, own), driver));
        });
  }

  private static Set<String> difference(Listing before, Listing now) {
    Set<String> uids = new HashSet<>(before.pods().keySet());
    uids.addAll(now.pods().keySet());
    boolean back = !before.unreachable().equals(now.unreachable());
    uids.removeIf(
        uid -> {
          Observed was = before.pods().get(uid);
          Observed is = now.pods().get(uid);
          boolean same = was != null && is != null && was.state().equals(is.state());
          return same && !back;
        });
    return uids;
  }

  @Override
  public void close() {
    closed = true;
    Timers.Cancellable waiting = timer;
    if (waiting != null) {
      waiting.cancel();
    }
  }
}
