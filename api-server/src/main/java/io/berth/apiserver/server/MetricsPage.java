package io.berth.apiserver.server;

import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code /metrics} in Prometheus' text form, or OpenMetrics where that is asked for. */
public final class MetricsPage implements PathHandler {
  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
  private static final String OPEN_METRICS =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";

  private final PrometheusMeterRegistry registry;

  public MetricsPage(PrometheusMeterRegistry registry) {
    this.registry = registry;
  }

  @Override
  public @Nullable ApiResponse handle(ApiRequest request) {
    if (!request.path().equals("/metrics")) {
      return null;
    }
    String accept = request.header("accept");
    boolean open = accept != null && accept.contains("application/openmetrics-text");
    String type = open ? OPEN_METRICS : TEXT;
    ByteArrayOutputStream page = new ByteArrayOutputStream(64 << 10);
    try {
      registry.scrape(page, type);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail to be written
    }
    return new ApiResponse(200, Map.of("content-type", type), page.toByteArray());
  }
}
