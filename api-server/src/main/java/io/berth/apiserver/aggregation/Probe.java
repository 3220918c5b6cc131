package io.berth.apiserver.aggregation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.time.Environment;
import io.berth.apiserver.custom.Conditions.Condition;
import io.berth.apiserver.server.Delegated;
import io.berth.apiserver.webhook.HttpsCall;
import io.berth.apiserver.webhook.ServiceAddresses;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a further API server what it serves, by which it is also seen whether it is there. Blocks.
 * As in Kubernetes a server that is not trusted counts as available: it answers, and requests that
 * are passed on to it fail and tell why.
 */
final class Probe {
  private static final Logger log = LoggerFactory.getLogger(Probe.class);
  private static final Duration LIMIT = Duration.ofSeconds(5);

  /** At most so many of a service's addresses are asked, all at once: one that answers suffices. */
  private static final int ATTEMPTS = 5;

  /**
   * What is found out.
   *
   * @param trusted an address that answered and is trusted; null where there is none
   */
  record Outcome(Condition condition, Known known, @Nullable InetSocketAddress trusted) {}

  /**
   * What a server said of itself.
   *
   * @param v2Tag the entity tag of its OpenAPI 2 document
   */
  record Known(Delegated delegated, String v2Tag) {
    static final Known NOTHING = new Known(Delegated.UNKNOWN, "");

    Known gone() {
      return new Known(delegated.gone(), v2Tag);
    }
  }

  /**
   * One address' answer.
   *
   * @param list what it serves; null where it answers and is not trusted
   */
  private record Answer(InetSocketAddress address, @Nullable JsonNode list) {}

  private final Environment environment;
  private final ServiceCheck check;
  private final ServiceAddresses addresses;
  private final RemoteCalls calls;

  Probe(
      Environment environment, ServiceCheck check, ServiceAddresses addresses, RemoteCalls calls) {
    this.environment = environment;
    this.check = check;
    this.addresses = addresses;
    this.calls = calls;
  }

  /**
   * @param before what was known of it
   */
  Outcome run(Registered registered, Registered.ServiceName service, Known before) {
    Condition problem = check.problem(service);
    if (problem != null) {
      return new Outcome(problem, before.gone(), null);
    }
    try {
      Answer answer = first(registered, service);
      Condition passed = new Condition(Registered.AVAILABLE, "True", "Passed", "all checks passed");
      JsonNode list = answer.list();
      if (list == null) {
        return new Outcome(passed, before.gone(), null);
      }
      Delegated old = before.delegated();
      Delegated now =
          new Delegated(
              RemoteDiscovery.resources(list, registered.version()),
              false,
              old.openApiUrl(),
              old.openApiV2());
      return new Outcome(passed, new Known(now, before.v2Tag()), answer.address());
    } catch (IOException e) {
      return new Outcome(
          ServiceCheck.unavailable("FailedDiscoveryCheck", String.valueOf(e.getMessage())),
          before.gone(),
          null);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Outcome(
          ServiceCheck.unavailable("FailedDiscoveryCheck", "the server is shutting down"),
          before.gone(),
          null);
    }
  }

  /** The first answer of several addresses, or the last failure. */
  private Answer first(Registered registered, Registered.ServiceName service)
      throws IOException, InterruptedException {
    List<InetSocketAddress> all =
        new ArrayList<>(addresses.all(service.namespace(), service.name(), service.port()));
    Collections.shuffle(all, new Random(environment.random().nextLong()));
    if (all.size() == 1) {
      return ask(registered, service, all.getFirst());
    }
    List<InetSocketAddress> some = all.subList(0, Math.min(ATTEMPTS, all.size()));
    BlockingQueue<Object> results = new LinkedBlockingQueue<>();
    for (InetSocketAddress address : some) {
      environment.executor().execute(() -> results.add(result(registered, service, address)));
    }
    IOException last = new IOException("no address");
    for (int i = 0; i < some.size(); i++) {
      switch (results.take()) {
        case Answer answer -> {
          return answer;
        }
        case IOException failure -> last = failure;
        case Object other -> throw new IllegalStateException("unexpected " + other);
      }
    }
    throw last;
  }

  private Object result(
      Registered registered, Registered.ServiceName service, InetSocketAddress address) {
    try {
      return ask(registered, service, address);
    } catch (IOException e) {
      return e;
    } catch (RuntimeException e) {
      return new IOException(e.toString(), e);
    }
  }

  private Answer ask(
      Registered registered, Registered.ServiceName service, InetSocketAddress address)
      throws IOException {
    String path = registered.version().path();
    String url = "https://" + text(address) + path;
    try {
      HttpsCall.Answer answer;
      try {
        answer = calls.get(registered, service, address, path, Map.of(), LIMIT);
      } catch (SSLException e) {
        log.info("not trusted apiservice={} cause={}", registered.name(), e.getMessage());
        requireGood(calls.getFromAnyone(service, address, path, LIMIT), url);
        return new Answer(address, null);
      }
      requireGood(answer, url);
      return new Answer(address, Json.parse(answer.body()));
    } catch (IllegalArgumentException e) {
      throw new IOException("malformed answer from " + url + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new IOException(
          "failing or missing response from %s: %s".formatted(url, why(url, address, e)), e);
    }
  }

  private static void requireGood(HttpsCall.Answer answer, String url) throws IOException {
    if (answer.status() < 200 || answer.status() > 299) {
      throw new IOException("bad status from " + url + ": " + answer.status());
    }
  }

  /** Worded as clients of Kubernetes know it. */
  private static String why(String url, InetSocketAddress address, IOException e) {
    String message = String.valueOf(e.getMessage());
    if (message.startsWith("bad status")) {
      return message;
    }
    return "Get \"%s\": %s"
        .formatted(
            url,
            e instanceof ConnectException
                ? "dial tcp " + text(address) + ": connect: connection refused"
                : message);
  }

  private static String text(InetSocketAddress address) {
    String host = address.getHostString();
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort();
  }

  /** What was known of a server, with its OpenAPI documents as they are now. */
  Known documents(
      Registered registered,
      Registered.ServiceName service,
      InetSocketAddress address,
      Known known) {
    String url = openApiUrl(registered, service, address);
    ObjectNode v2 = known.delegated().openApiV2();
    String tag = known.v2Tag();
    try {
      Map<String, String> headers = tag.isEmpty() ? Map.of() : Map.of("If-None-Match", tag);
      HttpsCall.Answer answer =
          calls.get(registered, service, address, "/openapi/v2", headers, LIMIT);
      if (answer.status() == 200) {
        v2 = RemoteOpenApi.of(Json.parse(answer.body()), registered.version());
        tag = answer.headers().getOrDefault("etag", "");
      } else if (answer.status() != 304) {
        v2 = null;
        tag = "";
      }
    } catch (IOException | IllegalArgumentException e) {
      log.debug("no OpenAPI 2 of apiservice={} cause={}", registered.name(), e.getMessage());
    }
    Delegated now =
        new Delegated(known.delegated().resources(), known.delegated().stale(), url, v2);
    return new Known(now, tag);
  }

  private @Nullable String openApiUrl(
      Registered registered, Registered.ServiceName service, InetSocketAddress address) {
    try {
      HttpsCall.Answer answer =
          calls.get(registered, service, address, "/openapi/v3", Map.of(), LIMIT);
      if (answer.status() == 200) {
        JsonNode paths = Json.parse(answer.body()).path("paths");
        String own = registered.version().path().substring(1);
        String url = paths.path(own).path("serverRelativeURL").asText("");
        String wanted = "/openapi/v3/" + own;
        return url.equals(wanted) || url.startsWith(wanted + "?") ? url : null;
      }
    } catch (IOException | IllegalArgumentException e) {
      log.debug("no OpenAPI 3 of apiservice={} cause={}", registered.name(), e.getMessage());
    }
    return null;
  }
}
