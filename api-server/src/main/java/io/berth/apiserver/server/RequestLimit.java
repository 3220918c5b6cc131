package io.berth.apiserver.server;

import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Errors;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How long requests may take: a minute, or less where the query's {@code timeout} says so. */
final class RequestLimit {
  private static final Duration MOST = Duration.ofSeconds(60);

  /** Subresources whose requests last as long as their client likes. */
  private static final Set<String> LASTING =
      Set.of("attach", "exec", "proxy", "log", "portforward");

  private static final Map<String, Double> NANOS =
      Map.of(
          "ns", 1.0, "us", 1e3, "µs", 1e3, "μs", 1e3, "ms", 1e6, "s", 1e9, "m", 60e9, "h", 3600e9);

  private static final Pattern PART =
      Pattern.compile("([0-9]+\\.?[0-9]*|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)");

  private static final Pattern WHOLE = Pattern.compile("[-+]?(0|(" + PART.pattern() + ")+)");

  private RequestLimit() {}

  /**
   * @return null for requests that last: watches, sessions, logs, proxies
   * @throws ApiException 400: the query's {@code timeout} is no duration
   */
  static @Nullable Duration of(ApiRequest request, Route route) {
    boolean lasts =
        switch (route) {
          case Route.ToResource(RequestInfo info) -> lasts(info.verb(), info.subresource());
          case Route.ToDelegate(var version, Route.ToUnknown wanted) when wanted != null ->
              lasts(wanted.verb(), wanted.resource().substring(wanted.resource().indexOf('/') + 1));
          default -> false;
        };
    if (lasts) {
      return null;
    }
    String wanted = request.query("timeout");
    if (wanted == null || wanted.isEmpty()) {
      return MOST;
    }
    Duration read = read(wanted);
    if (read == null) {
      throw Errors.badRequest(
          "invalid timeout specified in the request URL - time: invalid duration \""
              + wanted
              + "\"");
    }
    return read.isZero() || read.compareTo(MOST) > 0 ? MOST : read;
  }

  private static boolean lasts(Verb verb, String subresource) {
    int end = subresource.indexOf('/');
    return verb == Verb.WATCH
        || LASTING.contains(end < 0 ? subresource : subresource.substring(0, end));
  }

  private static @Nullable Duration read(String text) {
    if (!WHOLE.matcher(text).matches()) {
      return null;
    }
    double nanos = 0;
    Matcher part = PART.matcher(text);
    while (part.find()) {
      nanos += Double.parseDouble(part.group(1)) * NANOS.getOrDefault(part.group(2), 0.0);
    }
    return Duration.ofNanos((long) (text.startsWith("-") ? -nanos : nanos));
  }
}
