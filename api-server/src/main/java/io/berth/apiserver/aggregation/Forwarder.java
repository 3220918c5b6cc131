package io.berth.apiserver.aggregation;

import io.berth.api.resource.GroupVersion;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.api.transport.Errors;
import io.berth.apiserver.pki.KeyedCertificate;
import io.berth.apiserver.server.Backend;
import io.berth.apiserver.server.DelegateHandler;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.Relay;
import io.berth.apiserver.server.ResponseSink;
import io.berth.apiserver.webhook.ServiceAddresses;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes allowed requests on to the server of their group version, which learns from headers who
 * sends them and believes it because of the certificate shown to it. Safe for use by many threads.
 */
final class Forwarder implements DelegateHandler {
  /** No client is to speak for another: such headers come from this server alone. */
  private static final List<String> WITHHELD = List.of("x-remote-");

  /** What stands in header names as it is; all else of a key is percent-encoded. */
  private static final String TOKEN = "!#$&'*+-.^_`|~";

  private static final Logger log = LoggerFactory.getLogger(Forwarder.class);

  private final RemoteServices services;
  private final ServiceAddresses addresses;
  private final KeyedCertificate own;
  private final Relay relay;

  Forwarder(
      RemoteServices services, ServiceAddresses addresses, KeyedCertificate own, Relay relay) {
    this.services = services;
    this.addresses = addresses;
    this.own = own;
    this.relay = relay;
  }

  @Override
  public void handle(
      ApiRequest request,
      GroupVersion version,
      Identity identity,
      @Nullable Duration limit,
      ResponseSink sink) {
    Registered registered = services.find(version);
    Registered.ServiceName service = registered == null ? null : registered.service();
    if (registered == null || service == null || !registered.available()) {
      unavailable(sink, "service unavailable");
      return;
    }
    InetSocketAddress address;
    try {
      address = addresses.find(service.namespace(), service.name(), service.port());
    } catch (IOException e) {
      log.info("no way to apiservice={} cause={}", registered.name(), e.getMessage());
      unavailable(sink, "service unavailable");
      return;
    }
    ResponseSink.Passage passage = sink.passage();
    Backend backend =
        new Backend(
            service.host(),
            service.port(),
            address,
            new Backend.Delegate(own, registered.bundle(), registered.insecure()),
            passage == null ? request.target() : target(request, passage.target()),
            headers(service, identity),
            WITHHELD,
            null,
            limit);
    try {
      if (passage == null) {
        relay.forward(request, backend, sink);
      } else {
        passage.to(backend);
      }
    } catch (SocketTimeoutException e) {
      throw Errors.timeout("request did not complete within the allotted timeout");
    } catch (IOException e) {
      services.suspect(registered);
      unavailable(sink, "error trying to reach service: " + why(address, e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Errors.serviceUnavailable("the server is shutting down");
    }
  }

  /**
   * Path and query as the client sent them; a path with encoded parts is encoded anew, so that what
   * the other server reads is what was allowed.
   */
  private static String target(ApiRequest request, String sent) {
    int mark = sent.indexOf('?');
    String path = mark < 0 ? sent : sent.substring(0, mark);
    if (path.indexOf('%') < 0) {
      return sent;
    }
    String encoded =
        new ApiRequest("GET", request.path(), List.of(), Map.of(), new byte[0]).target();
    return mark < 0 ? encoded : encoded + sent.substring(mark);
  }

  private static Map<String, List<String>> headers(
      Registered.ServiceName service, Identity identity) {
    Map<String, List<String>> headers = new HashMap<>();
    headers.put("host", List.of(service.host() + ":" + service.port()));
    headers.put("x-forwarded-proto", List.of("https"));
    headers.put("x-remote-user", List.of(bytes(identity.name())));
    if (!identity.uid().isEmpty()) {
      headers.put("x-remote-uid", List.of(bytes(identity.uid())));
    }
    if (!identity.groups().isEmpty()) {
      headers.put("x-remote-group", bytes(identity.groups()));
    }
    identity
        .extra()
        .forEach((key, values) -> headers.put("x-remote-extra-" + escaped(key), bytes(values)));
    return headers;
  }

  private static List<String> bytes(List<String> values) {
    return values.stream().map(Forwarder::bytes).toList();
  }

  /** UTF-8, one byte a character, as headers are written: two names never become the same. */
  private static String bytes(String value) {
    return new String(value.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  private static String escaped(String key) {
    StringBuilder escaped = new StringBuilder();
    for (byte b : key.getBytes(StandardCharsets.UTF_8)) {
      boolean plain =
          (b >= 'a' && b <= 'z')
              || (b >= 'A' && b <= 'Z')
              || (b >= '0' && b <= '9')
              || (b > 0 && TOKEN.indexOf(b) >= 0);
      if (plain) {
        escaped.append((char) b);
      } else {
        escaped.append('%').append(String.format(Locale.ROOT, "%02X", b));
      }
    }
    return escaped.toString();
  }

  private static String why(InetSocketAddress address, IOException failure) {
    boolean refused =
        failure instanceof ConnectException || failure.getCause() instanceof ConnectException;
    return refused
        ? "dial tcp %s:%d: connect: connection refused"
            .formatted(address.getHostString(), address.getPort())
        : String.valueOf(failure.getMessage());
  }

  /** Plain text, as Kubernetes answers here. */
  private static void unavailable(ResponseSink sink, String why) {
    sink.send(
        new ApiResponse(
            503,
            Map.of(
                "content-type", "text/plain; charset=utf-8", "x-content-type-options", "nosniff"),
            (why + "\n").getBytes(StandardCharsets.UTF_8)));
  }
}
