package io.berth.apiserver.streaming;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.Resources;
import io.berth.api.transport.Errors;
import io.berth.apiserver.server.RequestInfo;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The container that a request for a log or a session means, and where it runs. Errors are worded
 * as kubectl's users know them.
 */
record PodTarget(String namespace, String pod, String container, JsonNode tree) {
  private static final String DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container";

  /**
   * @param asked the container that the request names, or null
   * @throws io.berth.api.transport.ApiException 404 no such pod; 400 no such container, or several
   *     and none was named
   */
  static PodTarget find(ObjectLookup objects, RequestInfo info, @Nullable String asked) {
    JsonNode pod = pod(objects, info);
    return new PodTarget(info.namespace(), info.name(), container(info.name(), pod, asked), pod);
  }

  /**
   * The pod with no container in particular.
   *
   * @throws io.berth.api.transport.ApiException 404 no such pod
   */
  static PodTarget whole(ObjectLookup objects, RequestInfo info) {
    return new PodTarget(info.namespace(), info.name(), "", pod(objects, info));
  }

  private static JsonNode pod(ObjectLookup objects, RequestInfo info) {
    ObjectKey key = ObjectKey.of(Resources.PODS.groupResource(), info.namespace(), info.name());
    return objects
        .find(key)
        .map(ApiObject::tree)
        .orElseThrow(() -> Errors.notFound(key.resource(), key.name()));
  }

  private static String container(String name, JsonNode pod, @Nullable String asked) {
    List<String> containers = names(pod, "containers");
    List<String> init = names(pod, "initContainers");
    if (asked != null && !asked.isEmpty()) {
      if (containers.contains(asked)
          || init.contains(asked)
          || names(pod, "ephemeralContainers").contains(asked)) {
        return asked;
      }
      throw Errors.badRequest("container %s is not valid for pod %s".formatted(asked, name));
    }
    String chosen = pod.path("metadata").path("annotations").path(DEFAULT_CONTAINER).asText();
    if (containers.contains(chosen)) {
      return chosen;
    }
    if (containers.size() == 1) {
      return containers.getFirst();
    }
    String text =
        "a container name must be specified for pod %s, choose one of: [%s]"
            .formatted(name, String.join(" ", containers));
    throw Errors.badRequest(
        init.isEmpty()
            ? text
            : text + " or one of the init containers: [" + String.join(" ", init) + "]");
  }

  private static List<String> names(JsonNode pod, String field) {
    List<String> names = new ArrayList<>();
    pod.path("spec").path(field).forEach(c -> names.add(c.path("name").asText()));
    return names;
  }

  /** Empty while the pod is bound to none. */
  String node() {
    return tree.path("spec").path("nodeName").asText();
  }

  /** Whether the pod's status shows the container running. */
  boolean running() {
    JsonNode status = tree.path("status");
    for (String field :
        List.of("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")) {
      for (JsonNode container : status.path(field)) {
        if (container.path("name").asText().equals(container())) {
          return container.path("state").has("running");
        }
      }
    }
    return false;
  }

  /** The path that the agent serves this container under. */
  String path(String service) {
    return "/%s/%s/%s/%s".formatted(service, namespace, pod, container);
  }
}
