package io.berth.scheduler.loop;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.client.ApiUnavailableException;
import io.berth.client.BackOff;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.reader.PodReader;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Binds pods through the binding subresource. Where a reply was lost it reads the pod, for as long
 * as it takes, until it knows what became of the binding: a guess would count the pod twice or not
 * at all.
 */
final class Binder {
  private static final Logger log = LoggerFactory.getLogger(Binder.class);
  private static final BackOff BACK_OFF =
      new BackOff(Duration.ofMillis(100), Duration.ofSeconds(10));

  /** How a binding ended. */
  sealed interface Outcome {
    record Bound() implements Outcome {}

    /** There is no such pod any more. */
    record Gone() implements Outcome {}

    /** The pod is not bound by us; it may be tried again. */
    record Failed(String message) implements Outcome {}
  }

  private final ApiClient client;
  private final Environment environment;

  Binder(ApiClient client, Environment environment) {
    this.client = client;
    this.environment = environment;
  }

  /**
   * Blocks on the API.
   *
   * @param devices the node's GPUs that the pod gets, by number
   * @param done called exactly once, on this thread or later on the environment's executor
   */
  void bind(PodRecord pod, String nodeName, int[] devices, Consumer<Outcome> done) {
    try {
      client.createSubresource(
          Resources.PODS, pod.namespace(), pod.name(), "binding", body(pod, nodeName, devices));
      done.accept(new Outcome.Bound());
    } catch (ApiException e) {
      if (e.isNotFound()) {
        done.accept(new Outcome.Gone());
      } else if (e.code() >= 500) {
        findOut(pod, nodeName, 1, done);
      } else {
        done.accept(new Outcome.Failed(String.valueOf(e.getMessage())));
      }
    } catch (ApiUnavailableException e) {
      findOut(pod, nodeName, 1, done);
    }
  }

  private void findOut(PodRecord pod, String nodeName, int attempt, Consumer<Outcome> done) {
    Outcome outcome;
    try {
      outcome = read(pod, nodeName);
    } catch (ApiException | ApiUnavailableException e) {
      Duration delay = BACK_OFF.delay(attempt, environment.random());
      log.warn(
          "binding's outcome unknown pod={} retryMillis={} error={}",
          pod,
          delay.toMillis(),
          e.getMessage());
      environment.timers().after(delay, () -> findOut(pod, nodeName, attempt + 1, done));
      return;
    }
    done.accept(outcome);
  }

  private Outcome read(PodRecord pod, String nodeName) {
    Optional<ApiObject> found = client.find(Resources.PODS, pod.namespace(), pod.name());
    if (found.isEmpty() || !found.get().header().uid().equals(pod.uid())) {
      return new Outcome.Gone();
    }
    String bound = found.get().header().fields().getOrDefault("spec.nodeName", "");
    return bound.equals(nodeName)
        ? new Outcome.Bound()
        : new Outcome.Failed("the binding's reply was lost and the pod is not on " + nodeName);
  }

  private static ObjectNode body(PodRecord pod, String nodeName, int[] devices) {
    ObjectNode binding = Json.object().put("apiVersion", "v1").put("kind", "Binding");
    ObjectNode metadata = binding.putObject("metadata");
    metadata.put("name", pod.name()).put("namespace", pod.namespace()).put("uid", pod.uid());
    if (devices.length > 0) {
      String numbers =
          IntStream.of(devices).mapToObj(Integer::toString).collect(Collectors.joining(","));
      metadata.putObject("annotations").put(PodReader.DEVICES, numbers);
    }
    binding.putObject("target").put("apiVersion", "v1").put("kind", "Node").put("name", nodeName);
    return binding;
  }
}
