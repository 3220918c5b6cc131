package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Names;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.Narrowing;
import io.berth.apiserver.registry.Strategy;
import io.berth.apiserver.registry.WriteCall;
import io.berth.apiserver.server.Identity;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Requests for certificates: they say who asks, and what is asked for stays. */
final class CertificateSigningRequestStrategy implements Strategy {
  private static final List<String> ASKED_BY = List.of("username", "uid", "groups", "extra");

  @Override
  public List<String> checkName(String name) {
    return Names.pathSegment(name);
  }

  @Override
  public void prepareCreate(ObjectNode request, WriteCall call) {
    ObjectNode spec = request.withObject("/spec");
    spec.remove(ASKED_BY);
    Identity who = call.identity();
    spec.put("username", who.name());
    if (!who.groups().isEmpty()) {
      ArrayNode groups = spec.putArray("groups");
      who.groups().forEach(groups::add);
    }
    if (!who.uid().isEmpty()) {
      spec.put("uid", who.uid());
    }
    who.extra()
        .forEach(
            (key, values) -> {
              ArrayNode list = spec.withObject("/extra").putArray(key);
              values.forEach(list::add);
            });
  }

  @Override
  public void validateCreate(ObjectNode request, Consumer<FieldError> errors) {
    CertificateRequestRules.check(request.path("spec"), errors);
  }

  /** The request stands as it was made; its status has subresources of its own. */
  @Override
  public void prepareUpdate(ObjectNode request, ObjectNode old, WriteCall call) {
    Meta.copy("spec", old, request);
  }

  @Override
  public @Nullable Narrowing narrowing(String subresource) {
    return subresource.equals("approval") ? CertificateApproval::narrow : null;
  }

  /** Who signs does not decide: decisions stay as they are. */
  @Override
  public void prepareStatus(ObjectNode request, ObjectNode old, WriteCall call) {
    ObjectNode status = request.withObject("/status");
    ArrayNode all = status.arrayNode();
    JsonNode before = old.path("status").path("conditions");
    CertificateApproval.withDecisionsOf(before, status.path("conditions"), all);
    if (all.isEmpty()) {
      status.remove("conditions");
    } else {
      status.set("conditions", all);
    }
    CertificateApproval.stamp(all, before, call);
  }

  @Override
  public void validateStatus(ObjectNode request, ObjectNode old, Consumer<FieldError> errors) {
    if (old.path("status").hasNonNull("certificate")) {
      Immutable.check(request, old, "status.certificate", errors);
    }
  }
}
