package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Names;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.Strategy;
import io.berth.apiserver.registry.WriteCall;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Services: what follows from their type, and the addresses and ports that they take. */
final class ServiceStrategy implements Strategy {
  static final String NONE = "None";

  private final ServiceClaims claims;

  ServiceStrategy(ServiceClaims claims) {
    this.claims = claims;
  }

  @Override
  public List<String> checkName(String name) {
    return Names.dns1123Label(name);
  }

  @Override
  public boolean returnsDeleted() {
    return true;
  }

  @Override
  public void prepareCreate(ObjectNode service, WriteCall call) {
    service.putObject("status").putObject("loadBalancer");
    settle(service);
  }

  @Override
  public void prepareUpdate(ObjectNode service, ObjectNode old, WriteCall call) {
    ServiceChanges.keepTaken(service, old);
    ServiceChanges.dropUnused(service, old);
    settle(service);
  }

  /** The address goes by two names; a service without one has no families either. */
  private static void settle(ObjectNode service) {
    ObjectNode spec = service.withObject("/spec");
    if (!needsAddress(spec)) {
      List.of("ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy").forEach(spec::remove);
      return;
    }
    String address = spec.path("clusterIP").asText("");
    if (address.isEmpty() && !spec.path("clusterIPs").isEmpty()) {
      spec.set("clusterIP", spec.path("clusterIPs").get(0));
    } else if (!address.isEmpty() && spec.path("clusterIPs").isEmpty()) {
      spec.putArray("clusterIPs").add(address);
    }
  }

  static boolean needsAddress(JsonNode spec) {
    return !spec.path("type").asText("").equals("ExternalName");
  }

  static boolean needsNodePorts(JsonNode spec) {
    String type = spec.path("type").asText("");
    return type.equals("NodePort")
        || (type.equals("LoadBalancer")
            && spec.path("allocateLoadBalancerNodePorts").asBoolean(true));
  }

  @Override
  public void validateCreate(ObjectNode service, Consumer<FieldError> errors) {
    JsonNode spec = service.path("spec");
    String address = spec.path("clusterIP").asText("");
    String first = spec.path("clusterIPs").path(0).asText("");
    if (!needsAddress(spec)) {
      return;
    }
    if (!address.equals(first)) {
      errors.accept(
          FieldError.invalid("spec.clusterIPs[0]", first, "first value must match `clusterIP`"));
    }
    if (spec.path("clusterIPs").size() > 1 || spec.path("ipFamilies").size() > 1) {
      errors.accept(
          FieldError.invalidRaw(
              "spec.clusterIPs",
              spec.path("clusterIPs").toString(),
              "NotSupported: this cluster has one address family, IPv4"));
    }
    for (JsonNode family : spec.path("ipFamilies")) {
      if (!family.asText().equals("IPv4")) {
        errors.accept(
            FieldError.invalid(
                "spec.ipFamilies[0]", family.asText(), "not configured on this cluster"));
      }
    }
    if (spec.path("ipFamilyPolicy").asText("").equals("RequireDualStack")) {
      errors.accept(
          FieldError.invalid(
              "spec.ipFamilyPolicy",
              "RequireDualStack",
              "this cluster is not configured for dual-stack services"));
    }
  }

  @Override
  public void validateUpdate(ObjectNode service, ObjectNode old, Consumer<FieldError> errors) {
    validateCreate(service, errors);
    ServiceChanges.checkAddress(service.path("spec"), old.path("spec"), errors);
  }

  @Override
  public Claim claim(ObjectNode service, @Nullable ObjectNode old, WriteCall call) {
    return claims.claim(service, old, call.dryRun());
  }

  @Override
  public void released(ObjectNode old) {
    claims.release(old);
  }

  static String owner(JsonNode service) {
    return Meta.namespace(service) + "/" + Meta.name(service) + "/" + Meta.uid(service);
  }
}
