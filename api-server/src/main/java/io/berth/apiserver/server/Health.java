package io.berth.apiserver.server;

import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.api.transport.Errors;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /healthz}, {@code /livez} and {@code /readyz}: {@code ok}, or with {@code ?verbose} or
 * after a failure one line a check; {@code ?exclude=NAME} leaves a check out, {@code /readyz/NAME}
 * asks one alone. What is wrong goes to the log, not to whoever asks (no credentials are needed).
 */
public final class Health implements PathHandler {
  private static final Logger log = LoggerFactory.getLogger(Health.class);

  private final List<HealthCheck> checks;

  public Health(List<HealthCheck> checks) {
    this.checks = List.copyOf(checks);
  }

  @Override
  public @Nullable ApiResponse handle(ApiRequest request) {
    String path = request.path();
    int slash = path.indexOf('/', 1);
    String endpoint = path.substring(1, slash < 0 ? path.length() : slash);
    String one = slash < 0 ? "" : path.substring(slash + 1);
    return switch (endpoint) {
      case "healthz", "readyz" -> answer(request, endpoint, one, checks);
      case "livez" ->
          answer(request, endpoint, one, checks.stream().filter(HealthCheck::live).toList());
      default -> null;
    };
  }

  private static ApiResponse answer(
      ApiRequest request, String endpoint, String one, List<HealthCheck> asked) {
    if (!one.isEmpty()) {
      return single(endpoint, one, asked);
    }
    StringBuilder lines = new StringBuilder("[+]ping ok\n");
    boolean healthy = true;
    List<String> excluded = request.queryAll("exclude");
    for (HealthCheck check : asked) {
      if (excluded.contains(check.name())) {
        lines.append("[+]").append(check.name()).append(" excluded: ok\n");
      } else if (passes(endpoint, check)) {
        lines.append("[+]").append(check.name()).append(" ok\n");
      } else {
        healthy = false;
        lines.append("[-]").append(check.name()).append(" failed: reason withheld\n");
      }
    }
    if (!healthy) {
      return Responses.text(500, lines.append(endpoint).append(" check failed\n").toString());
    }
    return request.query("verbose") == null
        ? Responses.text(200, "ok")
        : Responses.text(200, lines.append(endpoint).append(" check passed\n").toString());
  }

  private static ApiResponse single(String endpoint, String name, List<HealthCheck> asked) {
    if (name.equals("ping")) {
      return Responses.text(200, "ok");
    }
    for (HealthCheck check : asked) {
      if (check.name().equals(name)) {
        return passes(endpoint, check)
            ? Responses.text(200, "ok")
            : Responses.text(500, "internal server error: failed: reason withheld\n");
      }
    }
    throw Errors.noSuchPath();
  }

  private static boolean passes(String endpoint, HealthCheck check) {
    String wrong = check.check().get();
    if (wrong != null) {
      log.warn("unhealthy endpoint={} check={} reason={}", endpoint, check.name(), wrong);
    }
    return wrong == null;
  }
}
