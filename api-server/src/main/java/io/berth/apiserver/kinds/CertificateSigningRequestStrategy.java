package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Names;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.Strategy;
import io.berth.apiserver.registry.WriteCall;
import io.berth.apiserver.server.Identity;
import java.util.List;

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

  /** The request stands as it was made; its status has subresources of its own. */
  @Override
  public void prepareUpdate(ObjectNode request, ObjectNode old, WriteCall call) {
    Meta.copy("spec", old, request);
  }
}
