package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.defaults.Defaults;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.api.transport.Errors;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.registry.Updates.Part;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.RequestHandler;
import io.berth.apiserver.server.RequestInfo;
import io.berth.apiserver.server.ResponseSink;
import io.berth.apiserver.server.Verb;
import io.berth.apiserver.store.CompactedException;
import io.berth.apiserver.table.Tables;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Serves every resource: reads the request's options and body, has the verb's own class do the
 * work, and answers in the form that the client asked for. Holds no lock across a request.
 */
public final class ResourceHandler implements RequestHandler {
  private final Environment environment;
  private final Strategies strategies;
  private final Map<Computed.Target, Computed> computed;
  private final ObjectRules rules = new ObjectRules();
  private final Admission admission;
  private final ObjectStore objects;
  private final Reads reads;
  private final Watches watches;
  private final Creates creates;
  private final Updates updates;
  private final Applies applies;
  private final Deletes deletes;
  private final Evictions evictions;
  private final ComponentStatuses components;

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
    this.computed = Map.copyOf(computed);
    this.objects = objects;
    this.reads = new Reads(cache);
    this.watches = new Watches(cache, reads, environment);
    this.creates = new Creates(objects, strategies, admission, rules, environment.random());
    this.updates = new Updates(objects, strategies, admission, rules);
    this.applies = new Applies(creates, updates);
    this.deletes = new Deletes(objects, strategies, admission);
    this.evictions = new Evictions(objects, updates, deletes);
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
   * @throws ApiException it is refused
   */
  public void connect(RequestInfo info, Identity identity, ObjectNode options) {
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
    }
  }

  /** One request on its way. */
  private record Exchange(
      ApiRequest request,
      RequestInfo info,
      Strategy strategy,
      Identity identity,
      Format format,
      Instant now,
      List<String> admissionWarnings) {
    Exchange with(RequestInfo other) {
      return new Exchange(request, other, strategy, identity, format, now, admissionWarnings);
    }

    View view() {
      return View.of(info.resource(), strategy);
    }

    WriteCall call(WriteOptions options) {
      return new WriteCall(
          info,
          identity,
          now,
          options.dryRun(),
          options.manager(),
          () -> WriteOptions.shown(request),
          admissionWarnings);
    }

    WriteCall call(DeleteOptions options) {
      return new WriteCall(
          info, identity, now, options.dryRun(), null, options::shown, admissionWarnings);
    }

    ObjectKey key() {
      return ObjectKey.of(info.resource().storedResource(), info.namespace(), info.name());
    }

    ApiResponse object(int status, Stored object, List<String> warnings) {
      List<String> all = warnings;
      if (!admissionWarnings.isEmpty()) {
        all = new ArrayList<>(warnings);
        all.addAll(admissionWarnings);
      }
      return Answers.object(status, object, view(), request, format, now, all);
    }
  }

  private ApiResponse answer(Exchange exchange) {
    RequestInfo info = exchange.info();
    checkServed(info);
    return switch (info.verb()) {
      case GET -> get(exchange);
      case CREATE -> createOrConnect(exchange);
      case UPDATE, PATCH -> change(exchange);
      case DELETE -> delete(exchange);
      case DELETE_COLLECTION -> deleteCollection(exchange);
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
    Stored object =
        ComponentStatuses.serves(exchange.info().resource())
            ? components.get(exchange.info().name())
            : reads.get(exchange.request(), exchange.info());
    if (exchange.info().subresource().equals("scale")) {
      return scale(exchange, object);
    }
    return exchange.object(200, object, List.of());
  }

  private static ApiResponse scale(Exchange exchange, Stored object) {
    ObjectNode scale =
        ScaleSubresource.of(exchange.view().of(object).tree(), exchange.strategy().scalePaths());
    Format format = exchange.format();
    format.checkFits(false, ScaleSubresource.KIND);
    ObjectNode shaped = format.shape().partial() ? Tables.partial(scale) : scale;
    if (format.beta()) {
      Tables.asBeta(shaped);
    }
    return Answers.tree(200, shaped, format, List.of());
  }

  private void list(Exchange exchange, ResponseSink sink) {
    View view = exchange.view();
    ListOptions options =
        ListOptions.of(exchange.request(), exchange.info(), view.versions(), false);
    ContinueToken token = options.next();
    try {
      Reads.Page page =
          ComponentStatuses.serves(exchange.info().resource())
              ? components.page()
              : reads.list(exchange.info(), options);
      Lists.send(sink, exchange.request(), page, view, exchange.format(), exchange.now());
    } catch (CompactedException e) {
      if (token == null) {
        throw Reads.tooOld(options, e);
      }
      sink.send(Answers.tree(410, Reads.expired(token), exchange.format(), List.of()));
    }
  }

  private ApiResponse create(Exchange exchange) {
    ResourceDefinition resource = exchange.info().resource();
    Strategy strategy = exchange.strategy();
    WriteOptions options = WriteOptions.of(exchange.request(), "CreateOptions");
    List<String> duplicates = new ArrayList<>();
    ObjectNode object = Bodies.object(exchange.request(), resource, duplicates);
    List<String> warnings =
        new ArrayList<>(
            rules.checkForm(resource, strategy, object, options.fieldValidation(), duplicates));
    ObjectRules.dropRepeatedOwners(object, "", warnings);
    warnings.addAll(strategy.warnings(object));
    Stored created = creates.create(object, exchange.call(options));
    return exchange.object(201, created, warnings);
  }

  private ApiResponse createOrConnect(Exchange exchange) {
    RequestInfo info = exchange.info();
    Computed question =
        computed.get(new Computed.Target(info.resource().groupResource(), info.subresource()));
    if (question != null) {
      return compute(question, exchange);
    }
    return switch (info.resourceText()) {
      case "bindings", "pods/binding" -> bind(exchange);
      case "pods/eviction" -> evict(exchange);
      default -> {
        if (info.hasSubresource()) {
          throw Errors.methodNotAllowed();
        }
        yield create(exchange);
      }
    };
  }

  private ApiResponse compute(Computed question, Exchange exchange) {
    WriteOptions options = WriteOptions.of(exchange.request(), "CreateOptions");
    ResourceDefinition kind = question.asks(exchange.info().resource());
    List<String> duplicates = new ArrayList<>();
    ObjectNode asked = Bodies.object(exchange.request(), kind, duplicates);
    ObjectRules.checkNamespace(asked, exchange.info().namespace());
    List<String> warnings =
        rules.checkForm(kind, exchange.strategy(), asked, options.fieldValidation(), duplicates);
    Defaults.apply(kind, asked);
    WriteCall call = exchange.call(options);
    AdmissionRequest part =
        exchange.info().hasSubresource()
            ? AdmissionRequest.create(call, exchange.key(), asked)
            : null;
    if (part != null) {
      admission.admitPart(part);
    }
    question.prepare(asked, call);
    if (part != null) {
      admission.validatePart(part);
    }
    ObjectNode answer = question.answer(asked, call);
    List<String> all = new ArrayList<>(warnings);
    all.addAll(exchange.admissionWarnings());
    return Answers.tree(201, answer, exchange.format(), all);
  }

  private ApiResponse bind(Exchange exchange) {
    WriteOptions options = WriteOptions.of(exchange.request(), "CreateOptions");
    ObjectNode binding =
        Bodies.object(exchange.request(), BindingSubresource.API_VERSION, BindingSubresource.KIND);
    RequestInfo info = exchange.info();
    ObjectRules.checkNamespace(binding, info.namespace());
    String pod = info.hasSubresource() ? info.name() : Meta.name(binding);
    if (!Meta.name(binding).isEmpty() && !Meta.name(binding).equals(pod)) {
      throw Errors.badRequest("name in URL does not match name in Binding object");
    }
    RequestInfo ofPod =
        new RequestInfo(Verb.CREATE, Resources.PODS, info.namespace(), pod, "binding");
    ObjectKey key = ObjectKey.of(Resources.PODS.groupResource(), info.namespace(), pod);
    WriteCall call = exchange.with(ofPod).call(options);
    admission.part(AdmissionRequest.create(call, key, binding));
    BindingSubresource.bind(updates, key, call, binding);
    return Answers.tree(
        201, success().put("code", 201), exchange.format(), exchange.admissionWarnings());
  }

  private ApiResponse evict(Exchange exchange) {
    WriteOptions options = WriteOptions.of(exchange.request(), "CreateOptions");
    ObjectNode eviction =
        Bodies.object(
            exchange.request(), Evictions.API_VERSION, Evictions.BETA_VERSION, Evictions.KIND);
    RequestInfo info = exchange.info();
    ObjectRules.checkNamespace(eviction, info.namespace());
    String named = Meta.name(eviction);
    if (!named.isEmpty() && !named.equals(info.name())) {
      throw Errors.badRequest("name in URL does not match name in Eviction object");
    }
    JsonNode given = eviction.path("deleteOptions");
    DeleteOptions deletion =
        DeleteOptions.of(exchange.request(), given instanceof ObjectNode o ? o : Json.object());
    WriteCall call = deletion.dryRun() ? exchange.call(deletion) : exchange.call(options);
    admission.part(AdmissionRequest.create(call, exchange.key(), eviction));
    evictions.evict(exchange.key(), deletion, call);
    return Answers.tree(
        201, success().put("code", 201), exchange.format(), exchange.admissionWarnings());
  }

  private ApiResponse change(Exchange exchange) {
    RequestInfo info = exchange.info();
    boolean patch = info.verb() == Verb.PATCH;
    if (patch && Patches.isApply(exchange.request())) {
      return apply(exchange);
    }
    WriteOptions options =
        WriteOptions.of(exchange.request(), patch ? "PatchOptions" : "UpdateOptions");
    WriteCall call = exchange.call(options);
    return switch (info.subresource()) {
      case "", "status", "resize", "ephemeralcontainers", "approval" ->
          changeObject(exchange, patch, options, call);
      case "scale" -> {
        UnaryOperator<ObjectNode> change =
            patch ? Patches.ofScale(exchange.request()) : ScaleSubresource.body(exchange.request());
        yield scale(
            exchange,
            ScaleSubresource.update(
                    updates, exchange.key(), call, exchange.strategy().scalePaths(), change)
                .object());
      }
      case "finalize" -> {
        ObjectNode body = Bodies.object(exchange.request(), info.resource());
        yield exchange.object(
            200,
            FinalizeSubresource.update(updates, exchange.key(), call, body).object(),
            List.of());
      }
      default -> throw Errors.methodNotAllowed();
    };
  }

  private ApiResponse apply(Exchange exchange) {
    ApiRequest request = exchange.request();
    WriteOptions options = WriteOptions.ofApply(request);
    WriteCall call = exchange.call(options);
    return switch (exchange.info().subresource()) {
      case "", "status", "resize", "ephemeralcontainers", "approval" -> {
        List<String> duplicates = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        Applies.Outcome outcome =
            applies.apply(
                request,
                exchange.key(),
                call,
                options.force(),
                exchange.strategy().narrowing(exchange.info().subresource()),
                duplicates,
                object -> recheck(exchange, object, options, duplicates, warnings));
        yield exchange.object(outcome.created() ? 201 : 200, outcome.object(), warnings);
      }
      case "scale" -> {
        ScalePaths paths = exchange.strategy().scalePaths();
        UnaryOperator<ObjectNode> change = Applies.ofScale(request, call, options.force(), paths);
        yield scale(
            exchange,
            ScaleSubresource.apply(updates, exchange.key(), call, paths, change).object());
      }
      default -> throw Errors.methodNotAllowed();
    };
  }

  /** Checks a version that a patch made; only the last one's warnings count. */
  private void recheck(
      Exchange exchange,
      ObjectNode object,
      WriteOptions options,
      List<String> duplicates,
      List<String> warnings) {
    warnings.clear();
    warnings.addAll(
        rules.checkForm(
            exchange.info().resource(),
            exchange.strategy(),
            object,
            options.fieldValidation(),
            duplicates));
  }

  private ApiResponse changeObject(
      Exchange exchange, boolean patch, WriteOptions options, WriteCall call) {
    ResourceDefinition resource = exchange.info().resource();
    Strategy strategy = exchange.strategy();
    Part part = exchange.info().hasSubresource() ? Part.STATUS : Part.MAIN;
    List<String> warnings = new ArrayList<>();
    UnaryOperator<ObjectNode> change;
    Supplier<Stored> created = null;
    String uid = "";
    if (patch) {
      List<String> duplicates = new ArrayList<>();
      UnaryOperator<ObjectNode> patched = Patches.of(exchange.request(), resource, duplicates);
      change =
          object -> {
            ObjectNode result = patched.apply(object);
            warnings.clear();
            warnings.addAll(
                rules.checkForm(
                    resource,
                    strategy,
                    result,
                    options.fieldValidation(),
                    duplicates,
                    why -> Patches.refused(result, why)));
            ObjectRules.dropRepeatedOwners(result, " after mutating admission happens", warnings);
            return result;
          };
    } else {
      List<String> duplicates = new ArrayList<>();
      ObjectNode body = Bodies.object(exchange.request(), resource, duplicates);
      warnings.addAll(
          rules.checkForm(resource, strategy, body, options.fieldValidation(), duplicates));
      ObjectRules.checkName(body, exchange.key());
      ObjectRules.dropRepeatedOwners(body, "", warnings);
      uid = Meta.uid(body);
      change =
          object -> {
            PutRules.checkRevision(resource, body);
            return body.deepCopy();
          };
      created = () -> createByPut(body.deepCopy(), call);
    }
    Narrowing narrowing = strategy.narrowing(exchange.info().subresource());
    try {
      Stored object =
          narrowing == null
              ? updates.update(exchange.key(), part, call, change).object()
              : updates.update(exchange.key(), Part.ANY, call, narrowing.of(change, call)).object();
      return exchange.object(200, object, warnings);
    } catch (ApiException e) {
      if (e.isNotFound() && !uid.isEmpty() && objects.newest(exchange.key()).isEmpty()) {
        throw Errors.uidConflict(exchange.key().resource(), exchange.key().name(), uid, "");
      }
      if (!e.isNotFound() || created == null || !PutRules.creates(exchange.info())) {
        throw e;
      }
    }
    return exchange.object(201, created.get(), warnings);
  }

  private Stored createByPut(ObjectNode body, WriteCall call) {
    Meta.of(body).remove("resourceVersion");
    return creates.create(body, call);
  }

  private ApiResponse delete(Exchange exchange) {
    DeleteOptions options =
        DeleteOptions.of(exchange.request(), Bodies.deleteOptions(exchange.request()));
    Deletes.Outcome outcome = deletes.delete(exchange.key(), options, exchange.call(options));
    ResourceDefinition resource = exchange.info().resource();
    if (!outcome.gone() || exchange.strategy().returnsDeleted()) {
      int status = !outcome.gone() && options.accepted() ? 202 : 200;
      return exchange.object(status, outcome.object(), List.of());
    }
    ObjectNode answer = success();
    ObjectNode details = answer.putObject("details").put("name", exchange.info().name());
    if (!resource.group().isEmpty()) {
      details.put("group", resource.group());
    }
    details.put("kind", resource.plural()).put("uid", Meta.uid(outcome.object().tree()));
    return Answers.tree(200, answer, exchange.format(), List.of());
  }

  private ApiResponse deleteCollection(Exchange exchange) {
    RequestInfo info = exchange.info();
    DeleteOptions options =
        DeleteOptions.of(exchange.request(), Bodies.deleteOptions(exchange.request()));
    View view = exchange.view();
    ListOptions selection = ListOptions.of(exchange.request(), info, view.versions(), false);
    ResourceDefinition resource = info.resource();
    ObjectNode answer =
        Json.object()
            .put("kind", Reads.listKind(resource))
            .put("apiVersion", resource.apiVersion());
    Reads.Page page = reads.list(info, selection);
    answer.putObject("metadata");
    Lists.setMetadata(answer, page);
    ArrayNode items = answer.putArray("items");
    for (ApiObject object : page.objects()) {
      try {
        deletes.delete(object.key(), options, exchange.call(options));
        items.add(view.of(object).tree());
      } catch (ApiException e) {
        if (!e.isNotFound()) {
          throw e;
        }
      }
    }
    return Answers.tree(200, answer, exchange.format(), List.of());
  }

  private static ObjectNode success() {
    ObjectNode status = Json.object().put("kind", "Status").put("apiVersion", "v1");
    status.putObject("metadata");
    return status.put("status", "Success");
  }
}
