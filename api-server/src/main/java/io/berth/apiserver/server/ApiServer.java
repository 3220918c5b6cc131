package io.berth.apiserver.server;

import io.berth.api.resource.GroupVersion;
import io.berth.api.time.Clock;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.api.transport.Errors;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The API server without sockets: the way of a request whose sender is known, through limits and
 * authorization, to its resource or path. HTTPS and the in-process transport both end here. Safe
 * for use by many threads.
 *
 * <pre>
 * request -> route -> limits -> authorization -> resource: registry (or log, exec)
 *                                             -> path: discovery, health, version, metrics
 * </pre>
 */
public final class ApiServer {
  /** Larger bodies are refused with 413. */
  public static final int MAX_BODY_BYTES = 3 << 20;

  /** So many requests are served at a time; others wait for their turn. */
  private static final int MUTATING_SEATS = 128;

  private static final int READ_SEATS = 96;

  /** So many requests wait for another server at a time. */
  private static final int DELEGATED_SEATS = 256;

  /** A request takes a seat for so many objects that it looks through. */
  private static final int OBJECTS_A_SEAT = 1_000;

  /** So many requests of one user wait; more are told to come again, as is who waits too long. */
  private static final int QUEUE_LENGTH = 1_000;

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final Logger log = LoggerFactory.getLogger(ApiServer.class);

  private final Router router;
  private final AccessControl access;
  private final Impersonation impersonation;
  private final List<PathHandler> paths;
  private final Map<String, RequestHandler> connectors;
  private final RequestMetrics metrics;
  private final FairSeats mutating = new FairSeats(MUTATING_SEATS, QUEUE_LENGTH, PATIENCE);
  private final FairSeats readOnly = new FairSeats(READ_SEATS, QUEUE_LENGTH, PATIENCE);
  private final FairSeats delegating = new FairSeats(DELEGATED_SEATS, QUEUE_LENGTH, PATIENCE);
  private volatile @Nullable RequestHandler resources;
  private volatile @Nullable DelegateHandler delegates;

  /**
   * @param router knows the served resources
   * @param authorizer asked for all but {@link Identity#MASTERS}
   * @param paths asked in this order
   * @param connectors handlers of subresources that are no stored objects, by {@code pods/exec}
   * @param registry where requests are counted
   * @param clock measures them
   */
  public ApiServer(
      Router router,
      Authorizer authorizer,
      List<PathHandler> paths,
      Map<String, RequestHandler> connectors,
      MeterRegistry registry,
      Clock clock) {
    this.router = router;
    this.access = new AccessControl(authorizer);
    this.impersonation = new Impersonation(access);
    this.paths = List.copyOf(paths);
    this.connectors = Map.copyOf(connectors);
    this.metrics = new RequestMetrics(registry, clock);
    metrics.seats("mutating", mutating);
    metrics.seats("readOnly", readOnly);
    metrics.seats("delegated", delegating);
  }

  /** Begins to serve resources; requests for them before are told to come again. */
  public void serve(RequestHandler handler) {
    resources = handler;
  }

  /** Begins to pass on what other servers serve. */
  public void delegate(DelegateHandler handler) {
    delegates = handler;
  }

  /**
   * Whether a request is to be passed on unread.
   *
   * @param path as the client sent it, percent-encoded
   */
  public boolean passesOn(String path) {
    return Router.isProxy(path) || router.isDelegated(path);
  }

  public boolean serving() {
    return resources != null;
  }

  /**
   * Serves one request: may block, and answers on the sink whatever happens.
   *
   * @param identity who sends it, {@link Identity#ANONYMOUS} where nobody knows
   */
  public void handle(ApiRequest request, Identity identity, ResponseSink client) {
    Route route = router.route(request);
    Exchange exchange = new Exchange(client, metrics.begin(request, route));
    try {
      dispatch(request, route, identity, exchange);
    } catch (ApiException e) {
      exchange.fail(Responses.failure(e));
    } catch (RuntimeException | StackOverflowError e) {
      log.error("request failed method={} path={}", request.method(), request.path(), e);
      exchange.fail(Responses.failure(Errors.internal("the request could not be served")));
    }
  }

  /** Answers a request whose credentials are no good, or that is malformed, and counts it. */
  public void refuse(ApiRequest request, ApiException why, ResponseSink client) {
    new Exchange(client, metrics.begin(request, router.route(request)))
        .fail(Responses.failure(why));
  }

  private void dispatch(ApiRequest request, Route route, Identity sender, Exchange exchange) {
    Duration limit = RequestLimit.of(request, route);
    Identity identity = impersonation.apply(request, sender);
    AccessControl.Caller caller = new AccessControl.Caller(identity, !sender.anonymous());
    if (request.body().length > MAX_BODY_BYTES) {
      throw Errors.requestEntityTooLarge(MAX_BODY_BYTES);
    }
    switch (route) {
      case Route.ToResource(RequestInfo info) -> {
        Authorizer.Access wanted = Authorizer.Access.of(info, request);
        access.check(wanted, caller);
        access.checkSession(wanted, caller);
        resource(request, info, identity, exchange);
      }
      case Route.ToUnknown unknown -> {
        access.check(Authorizer.Access.of(unknown, request), caller);
        throw Errors.noSuchPath();
      }
      case Route.BadMethod bad -> {
        if (!caller.known()) {
          throw Errors.unauthorized();
        }
        throw Errors.methodNotAllowed();
      }
      case Route.ToDelegate delegate -> {
        if (delegate.wanted() == null) {
          access.checkPath(request, caller);
        } else {
          access.check(Authorizer.Access.of(delegate.wanted(), request), caller);
        }
        delegated(request, delegate.version(), identity, limit, exchange);
      }
      case Route.ToPath(String path) -> {
        access.checkPath(request, caller);
        exchange.send(path(request));
      }
    }
  }

  private void resource(
      ApiRequest request, RequestInfo info, Identity identity, Exchange exchange) {
    RequestHandler connector = info.hasSubresource() ? connectors.get(info.resourceText()) : null;
    if (connector != null) {
      connector.handle(request, info, identity, exchange);
      return;
    }
    RequestHandler handler = resources;
    if (handler == null) {
      throw Errors.serviceUnavailable("the server is still starting");
    }
    boolean unread = !info.verb().readOnly() && exchange.passage() != null;
    if (unread) {
      // When its head came, another server served what is served here by now.
      throw Errors.tooManyRequests("who serves this has just changed, please try again", 1);
    }
    FairSeats seats = info.verb().readOnly() ? readOnly : mutating;
    int width = 1 + handler.objects(info) / OBJECTS_A_SEAT;
    // A watch keeps its seats until what exists has been sent, not while it waits for changes.
    try (FairSeats.Seat seat = seats.take(identity.name(), width)) {
      handler.handle(request, info, identity, exchange);
    }
  }

  /** Seats of their own: the other server may have to ask this one before it can answer. */
  private void delegated(
      ApiRequest request,
      GroupVersion version,
      Identity identity,
      @Nullable Duration limit,
      Exchange exchange) {
    DelegateHandler handler = delegates;
    if (handler == null) {
      throw Errors.serviceUnavailable("the server is still starting");
    }
    try (FairSeats.Seat seat = delegating.take(identity.name(), 1)) {
      handler.handle(request, version, identity, limit, exchange);
    }
  }

  private ApiResponse path(ApiRequest request) {
    for (PathHandler handler : paths) {
      ApiResponse response = handler.handle(request);
      if (response != null) {
        if (!request.method().equals("GET") && !request.method().equals("HEAD")) {
          throw Errors.methodNotAllowed();
        }
        return response;
      }
    }
    throw Errors.noSuchPath();
  }
}
