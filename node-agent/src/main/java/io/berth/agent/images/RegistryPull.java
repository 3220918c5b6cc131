package io.berth.agent.images;

import io.berth.agent.runtime.ImageStore.Auth;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.agent.runtime.cri.CriClient;
import io.berth.agent.runtime.cri.v1.AuthConfig;
import io.berth.agent.runtime.cri.v1.ImageSpec;
import io.berth.agent.runtime.cri.v1.PullImageRequest;
import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One pull through the container runtime interface. It may take as long as bytes come: its progress
 * is logged, and it is ended where nothing has come for a while.
 */
final class RegistryPull {
  private static final Logger log = LoggerFactory.getLogger(RegistryPull.class);
  private static final Duration LIMIT = Duration.ofHours(12);
  private static final Duration PERIOD = Duration.ofSeconds(10);
  private static final Duration CALL_LIMIT = Duration.ofSeconds(10);

  private final Environment environment;
  private final CriClient client;
  private final Ctr ctr;
  private final String reference;
  private final Duration patience;
  private final Context.CancellableContext context;
  private final long begunNanos;
  private List<String> fetching = List.of();
  private long changedNanos;
  private boolean over;
  private boolean stalled;
  private boolean fetched;
  private Timers.@Nullable Cancellable timer;

  /**
   * @param reference complete
   * @param patience how long nothing may come
   */
  RegistryPull(
      Environment environment, CriClient client, Ctr ctr, String reference, Duration patience) {
    this.environment = environment;
    this.client = client;
    this.ctr = ctr;
    this.reference = reference;
    this.patience = patience;
    this.context = Context.current().withCancellation();
    this.begunNanos = environment.clock().nanos();
    this.changedNanos = begunNanos;
  }

  /**
   * Pulls.
   *
   * @throws RuntimeDriverException it failed; the message is the runtime's own
   */
  void run(@Nullable Auth auth) {
    PullImageRequest.Builder request =
        PullImageRequest.newBuilder().setImage(ImageSpec.newBuilder().setImage(reference));
    if (auth != null) {
      request.setAuth(
          AuthConfig.newBuilder().setUsername(auth.username()).setPassword(auth.password()));
    }
    watch();
    try {
      context.call(() -> client.images(LIMIT).pullImage(request.build()));
      log.info("pulled image={} millis={}", reference, since(begunNanos).toMillis());
    } catch (StatusRuntimeException e) {
      throw new RuntimeDriverException(wording(e), e);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    } finally {
      end();
    }
  }

  private synchronized String wording(StatusRuntimeException e) {
    return stalled
        ? "no progress in " + patience.toMinutes() + " minutes: the pull was given up"
        : CriClient.goWording(e.getStatus());
  }

  private synchronized void watch() {
    if (!over) {
      timer = environment.timers().after(PERIOD, this::look);
    }
  }

  private void look() {
    List<String> now;
    try {
      // A header, then a line for each blob on its way: reference, size so far, age.
      now =
          ctr.run(CALL_LIMIT, "content", "active")
              .lines()
              .skip(1)
              .map(line -> line.split("\t+", -1))
              .flatMap(parts -> parts.length < 2 ? Stream.empty() : Stream.of(blob(parts)))
              .toList();
    } catch (RuntimeDriverException e) {
      now = List.of();
    }
    if (progressed(now)) {
      log.info(
          "pull goes on image={} seconds={} fetching={}",
          reference,
          since(begunNanos).toSeconds(),
          now);
    }
    watch();
  }

  private static String blob(String[] parts) {
    return parts[0].strip() + " " + parts[1].strip();
  }

  private synchronized boolean progressed(List<String> now) {
    boolean unpacking = fetched && now.isEmpty();
    if (!now.equals(fetching) || unpacking) {
      fetching = now;
      fetched |= !now.isEmpty();
      changedNanos = environment.clock().nanos();
      return !over;
    }
    if (since(changedNanos).compareTo(patience) > 0) {
      stalled = true;
      context.cancel(null);
    }
    return false;
  }

  private Duration since(long nanos) {
    return Duration.ofNanos(environment.clock().nanos() - nanos);
  }

  private synchronized void end() {
    over = true;
    if (timer != null) {
      timer.cancel();
    }
    context.close();
  }
}
