package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.api.transport.Errors;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.RequestHandler;
import io.berth.apiserver.server.RequestInfo;
import io.berth.apiserver.server.ResponseSink;
import io.berth.apiserver.server.Verb;
import io.berth.apiserver.store.CompactedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Serves every resource: reads the request's options and body, has the verb's own class do the
 * work, and answers in the form that the client asked for. Holds no lock across a request.
 */
public final class ResourceHandler implements RequestHandler {
  private final Environment environment;
  private final Strategies strategies;
  private final Admission admission;
  private final Reads reads;
  private final Watches watches;
  private final PostRequests posts;
  private final ChangeRequests changes;
  private final DeleteRequests removals;
  private final ComponentStatuses components;
  private volatile Measured measured = Measured.NONE;

  /**
   * @param steps admission, in order
   * @param computed what is answered rather than stored
   */
  public ResourceHandler(
      ObjectStore objects,
      WatchCache cache,
      Environment environment,
      Strategies strategies,
      List<AdmissionStep> steps,
      Map<Computed.Target, Computed> computed) {
    this.admission = new Admission(steps);
    this.environment = environment;
    this.strategies = strategies;
    this.reads = new Reads(cache);
    this.watches = new Watches(cache, reads, environment);
    ObjectRules rules = new ObjectRules();
    Creates creates = new Creates(objects, strategies, admission, rules, environment.random());
    Updates updates = new Updates(objects, strategies, admission, rules);
    Deletes deletes = new Deletes(objects, strategies, admission);
    Evictions evictions = new Evictions(objects, updates, deletes);
    this.posts =
        new PostRequests(Map.copyOf(computed), rules, admission, creates, updates, evictions);
    this.changes = new ChangeRequests(rules, objects, creates, updates);
    this.removals = new DeleteRequests(deletes, reads);
    this.components = new ComponentStatuses(cache);
  }

  @Override
  public void handle(ApiRequest request, RequestInfo info, Identity identity, ResponseSink sink) {
    Format format =
        Format.negotiate(
            request.header("accept"),
            info.verb() == Verb.WATCH,
            !info.subresource().equals("scale")); // nothing makes a table of a Scale
    Exchange exchange =
        new Exchange(
            request,
            info,
            strategies.of(info.resource()),
            identity,
            format,
            environment.clock().now(),
            new ArrayList<>(0));
    try {
      if (info.verb() == Verb.WATCH) {
        View view = exchange.view();
        ListOptions options = ListOptions.of(request, info, view.versions(), true);
        watches.watch(request, info, view, options, format, sink);
      } else if (info.verb() == Verb.LIST) {
        checkServed(info);
        list(exchange, sink);
      } else {
        sink.send(Pretty.where(request, answer(exchange)));
      }
    } catch (RuntimeException e) {
      sink.warn(exchange.admissionWarnings());
      throw Faults.asAnswer(e);
    }
  }

  @Override
  public int objects(RequestInfo info) {
    return info.name().isEmpty() && info.verb() != Verb.CREATE ? reads.count(info) : 1;
  }

  /**
   * Asks admission about a connection; nothing is stored.
   *
   * @param options what the client wants of it; changed where a webhook or policy does so
   * @param sink hears what the client should although it is allowed
   * @throws ApiException it is refused
   */
  public void connect(RequestInfo info, Identity identity, ObjectNode options, ResponseSink sink) {
    WriteCall call =
        new WriteCall(
            info,
            identity,
            environment.clock().now(),
            false,
            null,
            Json::object,
            new ArrayList<>(0));
    ObjectKey key = ObjectKey.of(info.resource().storedResource(), info.namespace(), info.name());
    try {
      admission.part(AdmissionRequest.connect(call, key, options));
    } catch (RuntimeException e) {
      throw Faults.asAnswer(e);
    } finally {
      sink.warn(call.warnings());
    }
  }

  private ApiResponse answer(Exchange exchange) {
    RequestInfo info = exchange.info();
    checkServed(info);
    return switch (info.verb()) {
      case GET -> get(exchange);
      case CREATE -> posts.answer(exchange);
      case UPDATE, PATCH -> changes.answer(exchange);
      case DELETE -> removals.one(exchange);
      case DELETE_COLLECTION -> removals.selected(exchange);
      case LIST, WATCH -> throw new IllegalStateException("no single answer");
    };
  }

  private static void checkServed(RequestInfo info) {
    ResourceDefinition resource = info.resource();
    String verb = info.verb().text();
    if (!info.hasSubresource()) {
      if (!resource.verbs().contains(verb)) {
        throw Errors.methodNotSupported(resource.groupResource(), verb);
      }
      boolean within = info.verb() == Verb.CREATE || info.verb() == Verb.DELETE_COLLECTION;
      if (within && resource.namespaced() && info.namespace().isEmpty()) {
        throw Errors.methodNotAllowed();
      }
      return;
    }
    var verbs = resource.subresources().get(info.subresource());
    if (verbs == null) {
      throw Errors.noSuchPath();
    }
    if (!verbs.contains(verb)) {
      throw Errors.methodNotAllowed();
    }
  }

  private ApiResponse get(Exchange exchange) {
    Stored object = read(exchange);
    if (exchange.info().subresource().equals("scale")) {
      return exchange.scale(object);
    }
    return exchange.object(200, object, List.of());
  }

  private Stored read(Exchange exchange) {
    RequestInfo info = exchange.info();
    ResourceDefinition resource = info.resource();
    if (ComponentStatuses.serves(resource)) {
      return components.get(info.name());
    }
    if (measured.serves(resource)) {
      return measured
          .find(resource, info.namespace(), info.name())
          .map(Stored::of)
          .orElseThrow(() -> Errors.notFound(resource.groupResource(), info.name()));
    }
    return reads.get(exchange.request(), info);
  }

  private Reads.Page page(RequestInfo info, ListOptions options) {
    if (ComponentStatuses.serves(info.resource())) {
      return components.page();
    }
    if (measured.serves(info.resource())) {
      return new Reads.Page(
          measured.list(info.resource(), info.namespace(), options::matches), 0, null, -1);
    }
    return reads.list(info, options);
  }

  /** From now on these objects are served too. */
  public void measure(Measured live) {
    measured = live;
  }

  private void list(Exchange exchange, ResponseSink sink) {
    View view = exchange.view();
    ListOptions options =
        ListOptions.of(exchange.request(), exchange.info(), view.versions(), false);
    ContinueToken token = options.next();
    try {
      Reads.Page page = page(exchange.info(), options);
      Lists.send(sink, exchange.request(), page, view, exchange.format(), exchange.now());
    } catch (CompactedException e) {
      if (token == null) {
        throw Reads.tooOld(options, e);
      }
      sink.send(Answers.tree(410, Reads.expired(token), exchange.format(), List.of()));
    }
  }
}
