package io.berth.controllers.serviceaccount;

import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.client.DeleteOptions;
import io.berth.client.Informer;
import io.berth.client.Outcome;
import io.berth.controllers.loop.Changes;
import io.berth.controllers.loop.Controller;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.loop.WatchedLoop;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Deletes bootstrap tokens whose time is over. One step: {@link #reconcile}. */
public final class BootstrapTokenCleaner implements Controller {
  private static final String NAMESPACE = "kube-system";
  private static final String TYPE = "bootstrap.kubernetes.io/token";

  private final ControllerContext context;
  private final Informer secrets;
  private final WatchedLoop<String> loop;

  public BootstrapTokenCleaner(ControllerContext context, int workers) {
    this.context = context;
    this.secrets = context.informers().of(Resources.SECRETS);
    this.loop = new WatchedLoop<>(name(), context, workers, this::reconcile);
    Changes.each(
        secrets,
        secret -> {
          if (secret.key().namespace().equals(NAMESPACE)
              && TYPE.equals(secret.header().fields().get("type"))) {
            loop.add(secret.key().name());
          }
        });
  }

  Outcome reconcile(String name) {
    Optional<ApiObject> found = secrets.get(NAMESPACE, name);
    Instant ends = found.isEmpty() ? null : expiration(found.get());
    if (ends == null) {
      return Outcome.done();
    }
    Duration left = Duration.between(context.environment().clock().now(), ends);
    if (!left.isNegative() && !left.isZero()) {
      return Outcome.again(left);
    }
    context.client().delete(Resources.SECRETS, NAMESPACE, name, DeleteOptions.DEFAULT);
    return Outcome.done();
  }

  /** Null where it never ends, or cannot be read: then it opens nothing anyway. */
  private static @Nullable Instant expiration(ApiObject secret) {
    String encoded = secret.tree().path("data").path("expiration").asText("");
    try {
      byte[] text = Base64.getDecoder().decode(encoded);
      return encoded.isEmpty()
          ? null
          : OffsetDateTime.parse(new String(text, StandardCharsets.UTF_8)).toInstant();
    } catch (IllegalArgumentException | DateTimeParseException e) {
      return null;
    }
  }

  @Override
  public String name() {
    return "token-cleaner";
  }

  @Override
  public void start() {
    loop.start();
  }

  @Override
  public boolean alive() {
    return loop.alive();
  }

  @Override
  public void close() {
    loop.close();
  }
}
