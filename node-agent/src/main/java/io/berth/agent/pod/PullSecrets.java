package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.images.RegistryCredentials;
import io.berth.agent.runtime.ImageStore;
import io.berth.agent.volumes.ConfigObjects;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Finds the credentials for images among a pod's image pull secrets. */
final class PullSecrets {
  private final Function<ConfigObjects.Ref, Optional<JsonNode>> objects;
  private final Events events;

  PullSecrets(Function<ConfigObjects.Ref, Optional<JsonNode>> objects, Events events) {
    this.objects = objects;
    this.events = events;
  }

  /** Credentials to try, in order; a secret that is not there is told, and the pull goes on. */
  List<ImageStore.Auth> of(PodView pod, String image) {
    List<JsonNode> secrets = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (JsonNode ref : pod.spec().path("imagePullSecrets")) {
      String name = ref.path("name").asText();
      if (!name.isEmpty()) {
        find(pod, name).ifPresentOrElse(secrets::add, () -> missing.add(name));
      }
    }
    if (!missing.isEmpty()) {
      String names = String.join(", ", missing);
      events.warning(
          pod,
          "FailedToRetrieveImagePullSecret",
          "Unable to retrieve some image pull secrets ("
              + names
              + "); attempting to pull the image may not succeed.");
    }
    return RegistryCredentials.of(secrets).matching(image);
  }

  private Optional<JsonNode> find(PodView pod, String name) {
    try {
      return objects.apply(new ConfigObjects.Ref(Resources.SECRETS, pod.id().namespace(), name));
    } catch (ApiException e) {
      return Optional.empty(); // as forbidden to this node as if it were not there
    }
  }
}
