package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.defaults.Defaults;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiResponse;
import io.berth.api.transport.Errors;
import io.berth.apiserver.server.RequestInfo;
import io.berth.apiserver.server.Verb;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * POST: objects that are created, and the subresources that something is posted to. Safe for use by
 * many threads.
 */
final class PostRequests {
  private final Map<Computed.Target, Computed> computed;
  private final ObjectRules rules;
  private final Admission admission;
  private final Creates creates;
  private final Updates updates;
  private final Evictions evictions;

  /**
   * @param computed what is answered rather than stored
   */
  PostRequests(
      Map<Computed.Target, Computed> computed,
      ObjectRules rules,
      Admission admission,
      Creates creates,
      Updates updates,
      Evictions evictions) {
    this.computed = computed;
    this.rules = rules;
    this.admission = admission;
    this.creates = creates;
    this.updates = updates;
    this.evictions = evictions;
  }

  ApiResponse answer(Exchange exchange) {
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

  private ApiResponse create(Exchange exchange) {
    ResourceDefinition resource = exchange.info().resource();
    Strategy strategy = exchange.strategy();
    WriteOptions options = WriteOptions.of(exchange.request(), "CreateOptions");
    List<String> duplicates = new ArrayList<>();
    ObjectNode object = Bodies.object(exchange.request(), resource, duplicates);
    List<String> warnings = exchange.admissionWarnings(); // told of also where it is refused
    warnings.addAll(
        rules.checkForm(resource, strategy, object, options.fieldValidation(), duplicates));
    ObjectRules.dropRepeatedOwners(object, "", warnings);
    warnings.addAll(strategy.warnings(object));
    Stored created = creates.create(object, exchange.call(options));
    return exchange.object(201, created, List.of());
  }

  private ApiResponse compute(Computed question, Exchange exchange) {
    WriteOptions options = WriteOptions.of(exchange.request(), "CreateOptions");
    ResourceDefinition kind = question.asks(exchange.info().resource());
    List<String> duplicates = new ArrayList<>();
    ObjectNode asked = Bodies.object(exchange.request(), kind, duplicates);
    ObjectRules.checkNamespace(asked, exchange.info().namespace());
    exchange
        .admissionWarnings()
        .addAll(
            rules.checkForm(
                kind, exchange.strategy(), asked, options.fieldValidation(), duplicates));
    Defaults.apply(kind, asked);
    WriteCall call = exchange.call(options);
    RequestInfo info = exchange.info();
    String name = info.hasSubresource() ? info.name() : Meta.name(asked);
    ObjectKey key = ObjectKey.of(info.resource().storedResource(), info.namespace(), name);
    AdmissionRequest part = AdmissionRequest.create(call, key, asked);
    admission.admitPart(part);
    question.prepare(asked, call);
    admission.validatePart(part);
    ObjectNode answer = question.answer(asked, call);
    return Answers.tree(201, answer, exchange.format(), exchange.admissionWarnings());
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
        201, Answers.success().put("code", 201), exchange.format(), exchange.admissionWarnings());
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
        201, Answers.success().put("code", 201), exchange.format(), exchange.admissionWarnings());
  }
}
