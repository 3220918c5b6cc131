package io.berth.agent.volumes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.client.ApiClient;
import io.berth.client.ApiUnavailableException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The service account tokens in pods' volumes: asked for in the node's name, bound to the pod, and
 * asked for anew when four fifths of their life, or a day, have passed. Life is measured here, from
 * when the answer came: the clocks of the server and of this node may differ. Safe for use by many
 * threads.
 */
public final class PodTokens implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PodTokens.class);
  private static final long DEFAULT_SECONDS = 3_600;
  private static final Duration LONGEST_USE = Duration.ofDays(1);
  private static final Duration RETRY = Duration.ofSeconds(30);

  private record Key(String podUid, String audience, long seconds) {}

  /** A token; does not print itself. */
  private record Held(String token, long renewAt, long endsAt, Timers.Cancellable timer) {
    @Override
    public String toString() {
      return "token";
    }
  }

  private final ApiClient client;
  private final Environment environment;
  private final Map<Key, Held> held = new HashMap<>();
  private Consumer<String> due = uid -> {};

  public PodTokens(ApiClient client, Environment environment) {
    this.client = client;
    this.environment = environment;
  }

  /** Has the listener told the uid of each pod whose token is to be renewed. */
  public synchronized void onDue(Consumer<String> listener) {
    due = listener;
  }

  /** Whether one of the pod's volumes holds a token. */
  public static boolean wanted(JsonNode pod) {
    for (JsonNode volume : pod.path("spec").path("volumes")) {
      for (JsonNode source : volume.path("projected").path("sources")) {
        if (source.path("serviceAccountToken").isObject()) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * The token for a volume's source: the one that is held, while it is young, else a new one.
   *
   * @param source a {@code serviceAccountToken} of a projected volume
   * @throws VolumeException there is none and none can be had
   */
  String of(JsonNode pod, JsonNode source) {
    Key key =
        new Key(
            pod.path("metadata").path("uid").asText(),
            source.path("audience").asText(""),
            source.path("expirationSeconds").asLong(DEFAULT_SECONDS));
    Held now = held(key);
    long nanos = environment.clock().nanos();
    if (now != null && nanos - now.renewAt() < 0) {
      return now.token();
    }
    try {
      return hold(key, ask(pod, key)).token();
    } catch (ApiException | ApiUnavailableException e) {
      if (now == null || nanos - now.endsAt() >= 0) {
        throw new VolumeException("failed to fetch token: " + e.getMessage());
      }
      log.warn("token not renewed podUid={} error={}", key.podUid(), e.getMessage());
      retryLater(key, now);
      return now.token();
    }
  }

  private synchronized @Nullable Held held(Key key) {
    return held.get(key);
  }

  private JsonNode ask(JsonNode pod, Key key) {
    JsonNode metadata = pod.path("metadata");
    ObjectNode request =
        Json.object().put("apiVersion", "authentication.k8s.io/v1").put("kind", "TokenRequest");
    ObjectNode spec = request.putObject("spec").put("expirationSeconds", key.seconds());
    if (!key.audience().isEmpty()) {
      spec.putArray("audiences").add(key.audience());
    }
    spec.putObject("boundObjectRef")
        .put("apiVersion", "v1")
        .put("kind", "Pod")
        .put("name", metadata.path("name").asText())
        .put("uid", key.podUid());
    String account = pod.path("spec").path("serviceAccountName").asText("default");
    String path =
        Resources.SERVICE_ACCOUNTS.path(metadata.path("namespace").asText(), account, "token");
    return Json.parse(client.send(ApiRequest.post(path, Json.bytes(request))).body());
  }

  private synchronized Held hold(Key key, JsonNode answer) {
    Duration life =
        Duration.ofSeconds(answer.path("spec").path("expirationSeconds").asLong(key.seconds()));
    Duration use = life.multipliedBy(4).dividedBy(5);
    use = use.compareTo(LONGEST_USE) > 0 ? LONGEST_USE : use;
    use = use.minusSeconds(environment.random().nextInt(10)); // not all pods in one moment
    long nanos = environment.clock().nanos();
    Held fresh =
        new Held(
            answer.path("status").path("token").asText(),
            nanos + use.toNanos(),
            nanos + life.toNanos(),
            environment.timers().after(use, () -> tell(key)));
    replace(key, fresh);
    return fresh;
  }

  private synchronized void retryLater(Key key, Held now) {
    replace(
        key,
        new Held(
            now.token(),
            environment.clock().nanos() + RETRY.toNanos(),
            now.endsAt(),
            environment.timers().after(RETRY, () -> tell(key))));
  }

  private void replace(Key key, Held fresh) {
    Held before = held.put(key, fresh);
    if (before != null) {
      before.timer().cancel();
    }
  }

  private void tell(Key key) {
    Consumer<String> listener;
    synchronized (this) {
      listener = due;
    }
    listener.accept(key.podUid());
  }

  /** The pod is gone. */
  public synchronized void forget(String podUid) {
    held.entrySet()
        .removeIf(
            entry -> {
              boolean gone = entry.getKey().podUid().equals(podUid);
              if (gone) {
                entry.getValue().timer().cancel();
              }
              return gone;
            });
  }

  @Override
  public synchronized void close() {
    held.values().forEach(token -> token.timer().cancel());
    held.clear();
  }
}
