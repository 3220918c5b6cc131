package io.berth.client.testing;

import io.berth.api.object.ObjectKey;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What a path names. Name and subresource are empty where the path names a collection. */
record FakeRoute(ResourceDefinition resource, String namespace, String name, String subresource) {
  /**
   * @param others served beside the built-in resources
   */
  static FakeRoute of(String path, Map<GroupResource, ResourceDefinition> others) {
    List<String> parts = Arrays.stream(path.split("/")).filter(p -> !p.isEmpty()).toList();
    boolean core = !parts.isEmpty() && parts.getFirst().equals("api");
    int head = core ? 2 : 3;
    if (parts.size() <= head) {
      throw new ApiException(404, "NotFound", "the server could not find the requested resource");
    }
    String group = core ? "" : parts.get(1);
    List<String> rest = parts.subList(head, parts.size());
    String namespace = "";
    if (rest.size() >= 3
        && rest.getFirst().equals("namespaces")
        && !Set.of("status", "finalize").contains(rest.get(2))) {
      namespace = rest.get(1);
      rest = rest.subList(2, rest.size());
    }
    GroupResource key = new GroupResource(group, rest.getFirst());
    ResourceDefinition resource =
        Resources.find(key)
            .or(() -> Optional.ofNullable(others.get(key)))
            .orElseThrow(
                () ->
                    new ApiException(
                        404, "NotFound", "the server could not find the requested resource"));
    return new FakeRoute(
        resource,
        namespace,
        rest.size() > 1 ? rest.get(1) : "",
        rest.size() > 2 ? rest.get(2) : "");
  }

  ObjectKey key() {
    return key(name);
  }

  ObjectKey key(String objectName) {
    return ObjectKey.of(resource.groupResource(), namespace, objectName);
  }
}
