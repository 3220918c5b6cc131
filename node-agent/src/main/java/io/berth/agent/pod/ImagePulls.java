package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.runtime.ImageStore;
import io.berth.agent.runtime.ImageStore.Image;
import io.berth.api.time.Environment;
import io.berth.client.BackOff;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that containers' images are there, by their pull policy. Pulls run beside the pods'
 * workers, one a container at a time; when one is over its pod is told to look again. Safe for use
 * by many threads.
 */
final class ImagePulls {
  private static final BackOff BACK_OFF =
      new BackOff(Duration.ofSeconds(10), Duration.ofMinutes(5));

  /** How long a failure shows as itself before it shows as the wait for the next try. */
  private static final Duration SHOWN = Duration.ofSeconds(2);

  private static final Pattern REFERENCE =
      Pattern.compile(
          "(?:[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]+)?/)?"
              + "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
              + "(?::[\\w][\\w.-]{0,127})?(?:@[a-z0-9]+:[0-9a-f]{32,})?");

  /** What a container has to wait for, or its image. */
  sealed interface Result {
    record Present(Image image) implements Result {}

    /**
     * @param retry null until something happens
     */
    record Wait(Waiting why, @Nullable Duration retry) implements Result {}
  }

  private record Key(String uid, String container) {}

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
  private final Function<PodView, Function<String, ImageStore.@Nullable Auth>> credentials;
  private final Consumer<PodId> changed;
  private final Map<Key, Pull> pulls = new HashMap<>();

  ImagePulls(
      ImageStore store,
      Environment environment,
      Events events,
      Function<PodView, Function<String, ImageStore.@Nullable Auth>> credentials,
      Consumer<PodId> changed) {
    this.store = store;
    this.environment = environment;
    this.events = events;
    this.credentials = credentials;
    this.changed = changed;
  }

  /** The image for one start of a container, or what it waits for. */
  Result ensure(PodView pod, ContainerDef def, int attempt) {
    String reference = def.image();
    if (!REFERENCE.matcher(reference).matches()) {
      String message =
          "Failed to apply default image tag \""
              + reference
              + "\": couldn't parse image name \""
              + reference
              + "\": invalid reference format";
      events.warning(pod, "InspectFailed", message);
      return new Result.Wait(new Waiting("InvalidImageName", message), Duration.ofMinutes(5));
    }
    String policy = policy(def);
    Optional<Image> present = store.find(reference);
    if (policy.equals("Never") || (policy.equals("IfNotPresent") && present.isPresent())) {
      return present.<Result>map(image -> local(pod, def, image)).orElseGet(() -> never(pod, def));
    }
    return pulled(pod, def, attempt);
  }

  private Result local(PodView pod, ContainerDef def, Image image) {
    forget(pod.id().uid(), def.name());
    String message =
        "Container image \""
            + def.image()
            + "\" already present on machine and can be accessed"
            + " by the pod";
    events.normal(pod, "Pulled", message);
    return new Result.Present(image);
  }

  private Result never(PodView pod, ContainerDef def) {
    String message =
        "Container image \"" + def.image() + "\" is not present with pull policy of Never";
    events.warning(pod, "ErrImageNeverPull", message);
    return new Result.Wait(new Waiting("ErrImageNeverPull", message), Duration.ofSeconds(10));
  }

  private synchronized Result pulled(PodView pod, ContainerDef def, int attempt) {
    Pull pull = pulls.computeIfAbsent(new Key(pod.id().uid(), def.name()), k -> new Pull());
    if (pull.running) {
      return new Result.Wait(Waiting.CREATING, null);
    }
    boolean sameStart = pull.reference.equals(def.image()) && pull.attempt == attempt;
    Image image = pull.image;
    if (sameStart && image != null) {
      return new Result.Present(image);
    }
    if (sameStart && !pull.error.isEmpty()) {
      Duration left = retryIn(pull);
      if (left.isPositive()) {
        return failed(pod, def, pull, left);
      }
    }
    begin(pod, def, attempt, pull);
    return new Result.Wait(Waiting.CREATING, null);
  }

  private Duration retryIn(Pull pull) {
    long passed = environment.clock().nanos() - pull.failedNanos;
    return BACK_OFF.delay(pull.failures).minusNanos(passed);
  }

  private Result failed(PodView pod, ContainerDef def, Pull pull, Duration left) {
    Duration untilShown = SHOWN.minusNanos(environment.clock().nanos() - pull.failedNanos);
    if (untilShown.isPositive()) {
      return new Result.Wait(new Waiting("ErrImagePull", pull.error), untilShown);
    }
    events.normal(pod, "BackOff", "Back-off pulling image \"" + def.image() + "\"");
    events.warning(pod, "Failed", "Error: ImagePullBackOff");
    String message = "Back-off pulling image \"" + def.image() + "\": ErrImagePull: " + pull.error;
    return new Result.Wait(new Waiting("ImagePullBackOff", message), left);
  }

  private void begin(PodView pod, ContainerDef def, int attempt, Pull pull) {
    pull.failures = pull.reference.equals(def.image()) ? pull.failures : 0;
    pull.reference = def.image();
    pull.attempt = attempt;
    pull.image = null;
    pull.running = true;
    environment.executor().execute(() -> run(pod, def, pull));
  }

  private void run(PodView pod, ContainerDef def, Pull pull) {
    events.normal(pod, "Pulling", "Pulling image \"" + def.image() + "\"");
    long begin = environment.clock().nanos();
    Image image = null;
    String error = "";
    try {
      image = store.pull(def.image(), credentials.apply(pod).apply(def.image()));
      long millis = (environment.clock().nanos() - begin) / 1_000_000;
      String took = millis + "ms (" + millis + "ms including waiting)";
      events.normal(
          pod,
          "Pulled",
          "Successfully pulled image \""
              + def.image()
              + "\" in "
              + took
              + ". Image size: "
              + image.sizeBytes()
              + " bytes.");
    } catch (RuntimeException e) {
      error = String.valueOf(e.getMessage());
      events.warning(pod, "Failed", "Failed to pull image \"" + def.image() + "\": " + error);
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

  private static String policy(ContainerDef def) {
    JsonNode policy = def.json().path("imagePullPolicy");
    if (!policy.asText().isEmpty()) {
      return policy.asText();
    }
    String image = def.image();
    boolean tagged = image.lastIndexOf(':') > image.lastIndexOf('/') || image.contains("@");
    return !tagged || image.endsWith(":latest") ? "Always" : "IfNotPresent";
  }

  /** The user that an image runs as by itself, empty for root. */
  String user(String reference) {
    return store.config(reference).user();
  }

  private synchronized void forget(String uid, String container) {
    pulls.remove(new Key(uid, container));
  }

  synchronized void forget(String uid) {
    pulls.keySet().removeIf(key -> key.uid().equals(uid));
  }
}
