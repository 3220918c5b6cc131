package io.berth.apiserver.streaming;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.api.transport.Errors;
import io.berth.apiserver.server.Backend;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.RequestHandler;
import io.berth.apiserver.server.RequestInfo;
import io.berth.apiserver.server.ResponseSink;
import java.io.IOException;
import java.net.ConnectException;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code pods/proxy}, {@code services/proxy} and {@code nodes/proxy}: passes the request on, with
 * any method, path, body and upgrade, to what its path names.
 */
final class Proxy implements RequestHandler {
  private static final Logger log = LoggerFactory.getLogger(Proxy.class);

  /** Finds out where a name leads. */
  @FunctionalInterface
  interface Locator {
    /**
     * @throws io.berth.api.transport.ApiException it leads nowhere
     */
    Place find(RequestInfo info);
  }

  /** Where requests go. */
  record Place(String host, int port, Backend.Trust trust) {}

  private final Locator locator;
  private final ConnectAdmission admission;

  Proxy(Locator locator, ConnectAdmission admission) {
    this.locator = locator;
    this.admission = admission;
  }

  @Override
  public void handle(ApiRequest request, RequestInfo info, Identity identity, ResponseSink sink) {
    ResponseSink.Passage passage = sink.passage();
    if (passage == null) {
      throw Errors.badRequest("a proxy takes requests over HTTPS only");
    }
    ProxyPath asked = ProxyPath.of(passage.target(), info.namespace().isEmpty() ? 5 : 7);
    ObjectNode options = ConnectOptions.proxy(info.resource(), asked.decoded());
    admission.admit(info, identity, options, sink);
    ProxyPath path = asked.to(options.path("path").asText(""));
    boolean reads = request.method().equals("GET") || request.method().equals("HEAD");
    if (path.rest().isEmpty() && reads && request.header("upgrade") == null) {
      // Else relative links of the page at the root would lead astray.
      sink.send(
          new ApiResponse(301, Map.of("location", path.mount() + "/" + path.query()), new byte[0]));
      return;
    }
    Place place = locator.find(info);
    String rest = path.rest().isEmpty() ? "/" : path.rest();
    Backend backend =
        new Backend(
            place.host(),
            place.port(),
            null,
            place.trust(),
            rest + path.query(),
            headers(path.mount() + rest),
            List.of(),
            path.mount(),
            null);
    try {
      int status = passage.to(backend);
      log.debug("proxied to={} status={} user={}", backend.authority(), status, identity.name());
    } catch (IOException e) {
      throw Errors.serviceUnavailable("error trying to reach service: " + why(backend, e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Errors.serviceUnavailable("the server is shutting down");
    }
  }

  /** Worded as Kubernetes' users know it. */
  private static String why(Backend backend, IOException failure) {
    boolean refused =
        failure instanceof ConnectException || failure.getCause() instanceof ConnectException;
    return refused
        ? "dial tcp " + backend.authority() + ": connect: connection refused"
        : String.valueOf(failure.getMessage());
  }

  private static Map<String, List<String>> headers(String path) {
    return Map.of("x-forwarded-uri", List.of(path), "x-forwarded-proto", List.of("https"));
  }
}
