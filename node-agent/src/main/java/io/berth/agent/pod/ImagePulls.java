package io.berth.agent.pod;

import io.berth.agent.images.ImageReference;
import io.berth.agent.runtime.ImageStore;
import io.berth.agent.runtime.ImageStore.Auth;
import io.berth.agent.runtime.ImageStore.Image;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.time.Environment;
import io.berth.client.BackOff;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that the images of containers and volumes are there, by their pull policy. Pulls run
 * beside the pods' workers, one at a time for each that needs an image; when one is over its pod is
 * told to look again. Safe for use by many threads.
 */
final class ImagePulls {
  private static final BackOff BACK_OFF =
      new BackOff(Duration.ofSeconds(10), Duration.ofMinutes(5));

  /** How long a failure shows as itself before it shows as the wait for the next try. */
  private static final Duration SHOWN = Duration.ofSeconds(2);

  /** What a container has to wait for, or its image. */
  sealed interface Result {
    record Present(Image image) implements Result {}

    /**
     * @param retry null until something happens
     */
    record Wait(Waiting why, @Nullable Duration retry) implements Result {}
  }

  private record Key(String uid, String need) {}

  private static final class Pull {
    String reference = "";
    int attempt = -1;
    boolean running;
    @Nullable Image image;
    String error = "";
    int failures;
    long failedNanos;
  }

  private final ImageStore store;
  private final Environment environment;
  private final Events events;
  private final BiFunction<PodView, String, List<Auth>> credentials;
  private final Consumer<PodId> changed;
  private final PullQueue queue;
  private final Map<Key, Pull> pulls = new HashMap<>();

  /**
   * @param credentials what may open the registry of an image, in the order to try it
   * @param atOnce how many images are pulled at the same time
   */
  ImagePulls(
      ImageStore store,
      Environment environment,
      Events events,
      BiFunction<PodView, String, List<Auth>> credentials,
      Consumer<PodId> changed,
      int atOnce) {
    this.store = store;
    this.environment = environment;
    this.events = events;
    this.credentials = credentials;
    this.changed = changed;
    this.queue = new PullQueue(environment, atOnce);
  }

  /** The image for one start of a container, or what it waits for. */
  Result ensure(PodView pod, ImageNeed need, int attempt) {
    String reference = need.reference();
    Optional<Image> present;
    try {
      ImageReference.parse(reference);
      present = store.find(reference);
    } catch (IllegalArgumentException e) {
      return invalid(pod, reference);
    } catch (RuntimeDriverException e) {
      String message = "Failed to inspect image \"" + reference + "\": " + e.getMessage();
      events.warning(pod, "InspectFailed", message);
      return new Result.Wait(new Waiting("ImageInspectError", message), BACK_OFF.delay(1));
    }
    String policy = need.policy();
    if (policy.equals("Never") || (policy.equals("IfNotPresent") && present.isPresent())) {
      return present
          .<Result>map(image -> local(pod, need, image))
          .orElseGet(() -> never(pod, need));
    }
    return pulled(pod, need, attempt);
  }

  private Result invalid(PodView pod, String reference) {
    String message =
        "Failed to apply default image tag \""
            + reference
            + "\": couldn't parse image name \""
            + reference
            + "\": invalid reference format";
    events.warning(pod, "InspectFailed", message);
    events.warning(pod, "Failed", "Error: InvalidImageName");
    return new Result.Wait(new Waiting("InvalidImageName", message), Duration.ofMinutes(5));
  }

  private Result local(PodView pod, ImageNeed need, Image image) {
    forget(pod.id().uid(), need.key());
    String message =
        "Container image \""
            + need.reference()
            + "\" already present on machine and can be accessed"
            + " by the pod";
    events.normal(pod, "Pulled", message);
    return new Result.Present(image);
  }

  private Result never(PodView pod, ImageNeed need) {
    String message =
        "Container image \"" + need.reference() + "\" is not present with pull policy of Never";
    events.warning(pod, "ErrImageNeverPull", message);
    events.warning(pod, "Failed", "Error: ErrImageNeverPull");
    return new Result.Wait(new Waiting("ErrImageNeverPull", message), Duration.ofSeconds(10));
  }

  private synchronized Result pulled(PodView pod, ImageNeed need, int attempt) {
    Pull pull = pulls.computeIfAbsent(new Key(pod.id().uid(), need.key()), k -> new Pull());
    if (pull.running) {
      return new Result.Wait(Waiting.CREATING, null);
    }
    boolean sameStart = pull.reference.equals(need.reference()) && pull.attempt == attempt;
    Image image = pull.image;
    if (sameStart && image != null) {
      return new Result.Present(image);
    }
    if (sameStart && !pull.error.isEmpty()) {
      Duration left = retryIn(pull);
      if (left.isPositive()) {
        return failed(pod, need, pull, left);
      }
    }
    begin(pod, need, attempt, pull);
    return new Result.Wait(Waiting.CREATING, null);
  }

  private Duration retryIn(Pull pull) {
    long passed = environment.clock().nanos() - pull.failedNanos;
    return BACK_OFF.delay(pull.failures).minusNanos(passed);
  }

  private Result failed(PodView pod, ImageNeed need, Pull pull, Duration left) {
    Duration untilShown = SHOWN.minusNanos(environment.clock().nanos() - pull.failedNanos);
    if (untilShown.isPositive()) {
      return new Result.Wait(new Waiting("ErrImagePull", pull.error), untilShown);
    }
    String backOff = "Back-off pulling image \"" + need.reference() + "\"";
    events.normal(pod, "BackOff", backOff);
    events.warning(pod, "Failed", "Error: ImagePullBackOff");
    String message = backOff + ": ErrImagePull: " + pull.error;
    return new Result.Wait(new Waiting("ImagePullBackOff", message), left);
  }

  private void begin(PodView pod, ImageNeed need, int attempt, Pull pull) {
    pull.failures = pull.reference.equals(need.reference()) ? pull.failures : 0;
    pull.reference = need.reference();
    pull.attempt = attempt;
    pull.image = null;
    pull.running = true;
    long asked = environment.clock().nanos();
    queue.add(() -> run(pod, need, pull, asked));
  }

  private void run(PodView pod, ImageNeed need, Pull pull, long askedNanos) {
    String quoted = "image \"" + need.reference() + "\"";
    events.normal(pod, "Pulling", "Pulling " + quoted);
    Image image = null;
    String error = "";
    try {
      long begin = environment.clock().nanos();
      image = pull(pod, need.reference());
      long end = environment.clock().nanos();
      String took = GoDuration.millis(end - begin);
      String waited = GoDuration.millis(end - askedNanos);
      events.normal(
          pod,
          "Pulled",
          "Successfully pulled %s in %s (%s including waiting). Image size: %d bytes."
              .formatted(quoted, took, waited, image.sizeBytes()));
    } catch (RuntimeException e) {
      error = String.valueOf(e.getMessage());
      events.warning(pod, "Failed", "Failed to pull " + quoted + ": " + error);
      events.warning(pod, "Failed", "Error: ErrImagePull");
    }
    synchronized (this) {
      pull.running = false;
      pull.image = image;
      pull.error = error;
      pull.failures = image == null ? pull.failures + 1 : 0;
      pull.failedNanos = environment.clock().nanos();
    }
    changed.accept(pod.id());
  }

  /** Tries one credential after another; without any, as nobody in particular. */
  private Image pull(PodView pod, String reference) {
    List<Auth> tries = credentials.apply(pod, reference);
    if (tries.isEmpty()) {
      return store.pull(reference, null);
    }
    Set<String> errors = new LinkedHashSet<>();
    for (Auth auth : tries) {
      try {
        return store.pull(reference, auth);
      } catch (RuntimeDriverException e) {
        errors.add(String.valueOf(e.getMessage()));
      }
    }
    String all = String.join(", ", errors);
    throw new RuntimeDriverException(errors.size() == 1 ? all : "[" + all + "]");
  }

  /** The user that an image runs as by itself, empty for root. */
  String user(String reference) {
    return store.config(reference).user();
  }

  private synchronized void forget(String uid, String need) {
    pulls.remove(new Key(uid, need));
  }

  synchronized void forget(String uid) {
    pulls.keySet().removeIf(key -> key.uid().equals(uid));
  }
}
