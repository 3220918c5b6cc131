package io.berth.apiserver.aggregation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.GroupVersion;
import io.berth.apiserver.custom.Conditions;
import io.berth.apiserver.server.GroupPriority;
import org.jspecify.annotations.Nullable;

/**
 * An APIService as it is read here. Immutable.
 *
 * @param name {@code VERSION.GROUP}
 * @param revision of the object that this was read from
 * @param version what it stands for
 * @param priority where that stands in discovery
 * @param service who serves it; null for this server
 * @param bundle certificates of whom to trust, PEM in base64; may be empty
 * @param insecure whether whoever answers is trusted
 * @param available whether its server was reached, by its status
 */
record Registered(
    String name,
    long revision,
    GroupVersion version,
    GroupPriority priority,
    @Nullable ServiceName service,
    String bundle,
    boolean insecure,
    boolean available) {
  static final String AVAILABLE = "Available";

  /** A port of a service. */
  record ServiceName(String namespace, String name, int port) {
    /** What the certificates of whoever serves bear. */
    String host() {
      return name + "." + namespace + ".svc";
    }
  }

  static Registered of(ApiObject object) {
    JsonNode tree = object.tree();
    JsonNode spec = tree.path("spec");
    JsonNode service = spec.path("service");
    return new Registered(
        object.key().name(),
        object.header().revision(),
        new GroupVersion(spec.path("group").asText(""), spec.path("version").asText("")),
        new GroupPriority(
            spec.path("groupPriorityMinimum").asInt(), spec.path("versionPriority").asInt()),
        service.isObject()
            ? new ServiceName(
                service.path("namespace").asText(""),
                service.path("name").asText(""),
                service.path("port").asInt(443))
            : null,
        spec.path("caBundle").asText(""),
        spec.path("insecureSkipTLSVerify").asBoolean(),
        Conditions.is(tree, AVAILABLE, "True"));
  }
}
