package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.api.transport.Errors;
import io.berth.apiserver.registry.Updates.Part;
import io.berth.apiserver.server.RequestInfo;
import io.berth.apiserver.server.Verb;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** PUT and PATCH: of objects and of their subresources. Safe for use by many threads. */
final class ChangeRequests {
  private final ObjectRules rules;
  private final ObjectStore objects;
  private final Creates creates;
  private final Updates updates;
  private final Applies applies;

  ChangeRequests(ObjectRules rules, ObjectStore objects, Creates creates, Updates updates) {
    this.rules = rules;
    this.objects = objects;
    this.creates = creates;
    this.updates = updates;
    this.applies = new Applies(creates, updates);
  }

  ApiResponse answer(Exchange exchange) {
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
        yield exchange.scale(
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
                exchange.strategy(),
                duplicates,
                object -> recheck(exchange, object, options, duplicates, warnings));
        yield exchange.object(outcome.created() ? 201 : 200, outcome.object(), warnings);
      }
      case "scale" -> {
        ScalePaths paths = exchange.strategy().scalePaths();
        UnaryOperator<ObjectNode> change =
            Applies.ofScale(request, call, options.force(), exchange.strategy());
        yield exchange.scale(
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
      exchange.admissionWarnings().addAll(0, warnings);
      warnings.clear();
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
}
