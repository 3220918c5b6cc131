package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ObjectKey;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.RequestInfo;
import io.berth.apiserver.table.Tables;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** One request on its way, and how it is answered. */
record Exchange(
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

  /** What of an object its Scale shows. */
  ApiResponse scale(Stored object) {
    ObjectNode scale = ScaleSubresource.of(view().of(object).tree(), strategy.scalePaths());
    format.checkFits(false, ScaleSubresource.KIND);
    ObjectNode shaped = format.shape().partial() ? Tables.partial(scale) : scale;
    if (format.beta()) {
      Tables.asBeta(shaped);
    }
    return Answers.tree(200, shaped, format, List.of());
  }
}
