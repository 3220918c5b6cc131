package io.berth.apiserver.server;

import io.berth.api.time.Clock;
import io.berth.api.transport.ApiRequest;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;

/**
 * Counts and times requests under Kubernetes' names. Meters are looked up once for each combination
 * of labels; label values come from the route, never from what a client made up.
 */
final class RequestMetrics {
  private static final Duration[] BUCKETS =
      LongStream.of(1, 2, 5, 10, 25, 50, 100, 200, 400, 800, 1500, 3000, 6000, 15000, 30000, 60000)
          .mapToObj(Duration::ofMillis)
          .toArray(Duration[]::new);

  private record Labels(
      String verb,
      String group,
      String version,
      String resource,
      String subresource,
      String scope) {
    Tags tags() {
      return Tags.of(
          "verb", verb,
          "group", group,
          "version", version,
          "resource", resource,
          "subresource", subresource,
          "scope", scope,
          "component", "apiserver",
          "dry_run", "");
    }
  }

  private record Counted(Labels labels, int code) {}

  private final MeterRegistry registry;
  private final Clock clock;
  private final Map<Labels, Timer> timers = new ConcurrentHashMap<>();
  private final Map<Counted, Counter> counters = new ConcurrentHashMap<>();
  private final Map<Labels, AtomicInteger> streams = new ConcurrentHashMap<>();

  RequestMetrics(MeterRegistry registry, Clock clock) {
    this.registry = registry;
    this.clock = clock;
  }

  /** Shows how many requests of a kind are being answered and how many wait. */
  void seats(String kind, FairSeats seats) {
    Gauge.builder("apiserver_current_inflight_requests", seats, FairSeats::taken)
        .description("Requests that are being answered, dear ones counted several times")
        .tag("request_kind", kind)
        .register(registry);
    Gauge.builder("apiserver_current_inqueue_requests", seats, FairSeats::waiting)
        .description("Requests that wait for their turn")
        .tag("request_kind", kind)
        .register(registry);
  }

  /** A request has come; {@link Running} takes its end. */
  Running begin(ApiRequest request, Route route) {
    return new Running(labels(request, route), clock.nanos());
  }

  private static Labels labels(ApiRequest request, Route route) {
    return switch (route) {
      case Route.ToResource(RequestInfo info) ->
          new Labels(
              metricVerb(info),
              info.group(),
              info.version(),
              info.resource().plural(),
              knownSubresource(info),
              scope(info));
      case Route.BadMethod bad ->
          new Labels("other", bad.resource().group(), bad.resource().version(), "", "", "");
      case Route.ToUnknown unknown -> new Labels(unknown.verb().name(), "", "", "", "", "resource");
      case Route.ToDelegate delegate ->
          new Labels(
              delegate.wanted() == null ? "GET" : delegate.wanted().verb().name(),
              delegate.version().group(),
              delegate.version().version(),
              "",
              "",
              delegate.wanted() == null ? "" : "resource");
      case Route.ToPath path ->
          new Labels(request.method().equals("GET") ? "GET" : "other", "", "", "", "", "");
    };
  }

  private static String knownSubresource(RequestInfo info) {
    return info.resource().hasSubresource(info.subresource()) ? info.subresource() : "";
  }

  private static String metricVerb(RequestInfo info) {
    return switch (info.verb()) {
      case GET -> info.subresource().equals("exec") ? "CONNECT" : "GET";
      case LIST -> "LIST";
      case WATCH -> "WATCH";
      case CREATE -> info.subresource().equals("exec") ? "CONNECT" : "POST";
      case UPDATE -> "PUT";
      case PATCH -> "PATCH";
      case DELETE -> "DELETE";
      case DELETE_COLLECTION -> "DELETECOLLECTION";
    };
  }

  private static String scope(RequestInfo info) {
    return !info.name().isEmpty() || info.verb() == Verb.CREATE
        ? "resource"
        : info.namespace().isEmpty() ? "cluster" : "namespace";
  }

  /** One request between its beginning and its end. */
  final class Running {
    private final Labels labels;
    private final long began;

    private Running(Labels labels, long began) {
      this.labels = labels;
      this.began = began;
    }

    /** The whole answer is known. */
    void answered(int code) {
      count(code);
      timers
          .computeIfAbsent(labels, RequestMetrics.this::timer)
          .record(clock.nanos() - began, TimeUnit.NANOSECONDS);
    }

    /** The answer goes on; the returned task is to be run when it ends. */
    Runnable streaming(int code) {
      count(code);
      AtomicInteger open = streams.computeIfAbsent(labels, RequestMetrics.this::streamGauges);
      open.incrementAndGet();
      return open::decrementAndGet;
    }

    private void count(int code) {
      counters.computeIfAbsent(new Counted(labels, code), RequestMetrics.this::counter).increment();
    }
  }

  private Timer timer(Labels labels) {
    return Timer.builder("apiserver_request_duration")
        .description("How long requests took to be answered, long-running ones left out")
        .tags(labels.tags())
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }

  private Counter counter(Counted counted) {
    return Counter.builder("apiserver_request_total")
        .description("Requests by what they asked and how they were answered")
        .tags(counted.labels().tags())
        .tag("code", Integer.toString(counted.code()))
        .register(registry);
  }

  private AtomicInteger streamGauges(Labels labels) {
    AtomicInteger open = new AtomicInteger();
    Gauge.builder("apiserver_longrunning_requests", open, AtomicInteger::get)
        .description("Watches, followed logs and sessions that are open")
        .tags(labels.tags())
        .register(registry);
    return open;
  }
}
