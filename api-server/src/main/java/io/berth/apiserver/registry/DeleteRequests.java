package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiResponse;
import io.berth.apiserver.server.RequestInfo;
import java.util.List;

/** DELETE: of one object, or of all that are selected. Safe for use by many threads. */
final class DeleteRequests {
  private final Deletes deletes;
  private final Reads reads;

  DeleteRequests(Deletes deletes, Reads reads) {
    this.deletes = deletes;
    this.reads = reads;
  }

  ApiResponse one(Exchange exchange) {
    DeleteOptions options =
        DeleteOptions.of(exchange.request(), Bodies.deleteOptions(exchange.request()));
    Deletes.Outcome outcome = deletes.delete(exchange.key(), options, exchange.call(options));
    ResourceDefinition resource = exchange.info().resource();
    if (!outcome.gone() || exchange.strategy().returnsDeleted()) {
      int status = !outcome.gone() && options.accepted() ? 202 : 200;
      return exchange.object(status, outcome.object(), List.of());
    }
    ObjectNode answer = Answers.success();
    ObjectNode details = answer.putObject("details").put("name", exchange.info().name());
    if (!resource.group().isEmpty()) {
      details.put("group", resource.group());
    }
    details.put("kind", resource.plural()).put("uid", Meta.uid(outcome.object().tree()));
    return Answers.tree(200, answer, exchange.format(), List.of());
  }

  ApiResponse selected(Exchange exchange) {
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
}
