package io.berth.agent.images;

import io.berth.agent.runtime.ImageStore;
import io.berth.agent.runtime.ImageStore.Image;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes images that nothing uses once the disk fills, as a kubelet does: from the high threshold
 * down to the low one, those first that have not been used for longest; none that is in use, pinned
 * or younger than a minimum. {@link #step} is one look. Safe for use by many threads.
 */
public final class ImageCollector implements AutoCloseable {
  /**
   * When to collect.
   *
   * @param highPercent of the disk in use from which on images are deleted
   * @param lowPercent of the disk in use down to which they are
   * @param leastAge how long an image must have been on the node
   */
  public record Policy(int highPercent, int lowPercent, Duration leastAge) {
    /** A kubelet's. */
    public static final Policy DEFAULT = new Policy(85, 80, Duration.ofMinutes(2));
  }

  /** The disk that the images are on, in bytes. */
  public record Disk(long capacity, long available) {}

  private static final Logger log = LoggerFactory.getLogger(ImageCollector.class);
  private static final Duration PERIOD = Duration.ofMinutes(5);

  /** What is remembered of an image; times are nanoseconds of the monotonic clock. */
  private record Known(long seen, @Nullable Long used) {}

  private final Environment environment;
  private final Policy policy;
  private final ImageStore images;
  private final Supplier<Disk> disk;
  private final Supplier<Set<String>> inUse;
  private final BiConsumer<String, String> warn;
  private final Map<String, Known> known = new HashMap<>();
  private boolean failedBefore;
  private boolean closed;
  private Timers.@Nullable Cancellable timer;

  /**
   * @param inUse ids and full names of images that must stay
   * @param warn takes the reason and message of a warning about the node
   */
  public ImageCollector(
      Environment environment,
      Policy policy,
      ImageStore images,
      Supplier<Disk> disk,
      Supplier<Set<String>> inUse,
      BiConsumer<String, String> warn) {
    this.environment = environment;
    this.policy = policy;
    this.images = images;
    this.disk = disk;
    this.inUse = inUse;
    this.warn = warn;
  }

  /** Looks now, at the latest when a period has passed, and so on. */
  public synchronized void start() {
    if (!closed) {
      timer = environment.timers().after(PERIOD, this::run);
    }
  }

  private void run() {
    try {
      step();
    } finally {
      start();
    }
  }

  /** Looks once, and deletes what is to go. */
  public synchronized void step() {
    String failure = "";
    try {
      failure = collect();
    } catch (RuntimeDriverException e) {
      failure = String.valueOf(e.getMessage());
    }
    if (!failure.isEmpty()) {
      log.warn("image garbage collection failed error={}", failure);
      if (failedBefore) {
        warn.accept("ImageGCFailed", failure); // a failure that comes and goes is not worth telling
      }
    }
    failedBefore = !failure.isEmpty();
  }

  /** Empty, or why too little was deleted. */
  private String collect() {
    List<Image> candidates = candidates();
    Disk now = disk.get();
    if (now.capacity() <= 0) {
      String failure = "invalid capacity " + now.capacity() + " on image filesystem";
      warn.accept("InvalidDiskCapacity", failure);
      return failure;
    }
    long usedPercent = 100 - now.available() * 100 / now.capacity();
    if (usedPercent < policy.highPercent()) {
      return "";
    }
    long wanted = now.capacity() * (100 - policy.lowPercent()) / 100 - now.available();
    log.info("disk is filling usedPercent={} bytesToFree={}", usedPercent, wanted);
    long freed = delete(candidates, wanted);
    if (freed >= wanted) {
      return "";
    }
    String failure =
        "Failed to garbage collect required amount of images. Attempted to free "
            + wanted
            + " bytes, but only found "
            + freed
            + " bytes eligible to free.";
    warn.accept("FreeDiskSpaceFailed", failure);
    return failure;
  }

  /**
   * Deletes every image that nothing uses, whatever the disk says.
   *
   * @return how many bytes they had
   */
  public synchronized long deleteUnused() {
    return delete(candidates(), Long.MAX_VALUE);
  }

  /** Takes note of what there is, and returns what is not in use, longest unused first. */
  private List<Image> candidates() {
    List<Image> present = images.list();
    Set<String> used = inUse.get();
    long now = environment.clock().nanos();
    known.keySet().retainAll(present.stream().map(Image::id).toList());
    for (Image image : present) {
      Known before = known.getOrDefault(image.id(), new Known(now, null));
      known.put(image.id(), uses(used, image) ? new Known(before.seen(), now) : before);
    }
    return present.stream()
        .filter(image -> !uses(used, image))
        .sorted(Comparator.comparingLong(this::lastUsed).thenComparing(Image::id))
        .toList();
  }

  private static boolean uses(Set<String> used, Image image) {
    return used.contains(image.id()) || image.names().stream().anyMatch(used::contains);
  }

  /** One that was never used counts from when it was first seen. */
  private long lastUsed(Image image) {
    Known record = known.get(image.id());
    if (record == null) {
      return Long.MIN_VALUE;
    }
    Long used = record.used();
    return used == null ? record.seen() : used;
  }

  private long delete(List<Image> candidates, long wanted) {
    long freed = 0;
    long now = environment.clock().nanos();
    for (Image image : candidates) {
      Known record = known.get(image.id());
      boolean young = record == null || now - record.seen() < policy.leastAge().toNanos();
      if (freed >= wanted || young) {
        continue;
      }
      try {
        images.remove(image.id());
        known.remove(image.id());
        freed += image.sizeBytes();
        log.info("image deleted image={} bytes={}", image.names(), image.sizeBytes());
      } catch (RuntimeDriverException e) {
        log.warn("image not deleted image={} error={}", image.names(), e.getMessage());
      }
    }
    return freed;
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (timer != null) {
      timer.cancel();
    }
  }
}
