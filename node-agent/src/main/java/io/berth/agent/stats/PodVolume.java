package io.berth.agent.stats;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.pod.PodView;
import io.berth.agent.runtime.RuntimeDriver.MountKind;
import io.berth.agent.volumes.PodVolumes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A volume that has figures of its own: what the agent keeps files of, memory, claims.
 *
 * @param whole whether it is a file system of its own, or counts as one
 * @param claim the persistent volume claim, or empty
 */
record PodVolume(String name, Path path, boolean whole, String claim) {
  static List<PodVolume> of(Optional<PodView> view, Map<String, PodVolumes.Ready> ready) {
    List<PodVolume> found = new ArrayList<>();
    JsonNode volumes = view.map(pod -> pod.spec().path("volumes")).orElse(null);
    if (volumes == null) {
      return found;
    }
    for (JsonNode volume : volumes) {
      String name = volume.path("name").asText();
      PodVolumes.Ready made = ready.get(name);
      if (made == null) {
        continue;
      }
      String claim = claim(view, volume);
      boolean files = made.kind() == MountKind.FILES || made.kind() == MountKind.EMPTY_DIR;
      if (files || !claim.isEmpty()) {
        boolean whole = made.memory() || !claim.isEmpty();
        found.add(new PodVolume(name, made.path(), whole, claim));
      }
    }
    return found;
  }

  /** Of an ephemeral volume, the claim is named after pod and volume. */
  private static String claim(Optional<PodView> view, JsonNode volume) {
    String named = volume.path("persistentVolumeClaim").path("claimName").asText();
    if (named.isEmpty() && volume.path("ephemeral").isObject()) {
      return view.map(pod -> pod.id().name()).orElse("") + "-" + volume.path("name").asText();
    }
    return named;
  }
}
