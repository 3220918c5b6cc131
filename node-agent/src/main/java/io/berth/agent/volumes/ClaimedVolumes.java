package io.berth.agent.volumes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.runtime.RuntimeDriver.MountKind;
import io.berth.agent.volumes.PodVolumes.Ready;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The persistent volumes of this machine that pods use through claims: {@code local} ones and paths
 * of the node. A pod waits until each of its claims is bound; from then on what it was given is
 * kept in a file among its own ({@code claims/<volume>}), so that a later change of the claim, or
 * an API that is away, does not disturb it. Safe for use by many threads.
 */
final class ClaimedVolumes {
  private static final String CLAIMS = "claims";
  private static final String OWNED = "owned";
  private static final String ONE_POD = "ReadWriteOncePod";

  private final ApiClient client;
  private final String nodeName;
  private final Path podsDirectory;

  ClaimedVolumes(ApiClient client, String nodeName, Path podsDirectory) {
    this.client = client;
    this.nodeName = nodeName;
    this.podsDirectory = podsDirectory;
  }

  static boolean is(JsonNode volume) {
    return volume.path("persistentVolumeClaim").isObject();
  }

  /**
   * Sees to it that all of a pod's claims are bound, and remembers to what.
   *
   * @throws VolumeException one is not; the message names all that are not
   */
  void resolve(JsonNode pod) throws IOException {
    List<String> names = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (JsonNode volume : pod.path("spec").path("volumes")) {
      if (is(volume) && !Files.exists(file(pod, volume))) {
        try {
          take(pod, volume);
        } catch (NotBound e) {
          names.add(volume.path("name").asText());
          problems.add(claim(pod, volume) + ": " + e.getMessage());
        }
      }
    }
    if (!names.isEmpty()) {
      String list = "[" + String.join(" ", names) + "]";
      throw VolumeException.whole(
          "Unable to attach or mount volumes: unmounted volumes=%s, unattached volumes=[], failed to process volumes=%s: %s"
              .formatted(list, list, String.join("; ", problems)));
    }
  }

  /** What a pod waits for. */
  private static final class NotBound extends Exception {
    private static final long serialVersionUID = 1L;

    NotBound(String message) {
      super(message);
    }
  }

  private static String claim(JsonNode pod, JsonNode volume) {
    return "error processing PVC " + namespace(pod) + "/" + claimName(volume);
  }

  private static String namespace(JsonNode pod) {
    return pod.path("metadata").path("namespace").asText();
  }

  private static String claimName(JsonNode volume) {
    return volume.path("persistentVolumeClaim").path("claimName").asText();
  }

  private void take(JsonNode pod, JsonNode volume) throws NotBound, IOException {
    JsonNode claim =
        fetch("PVC", Resources.PERSISTENT_VOLUME_CLAIMS, namespace(pod), claimName(volume));
    if (!claim.path("metadata").path("deletionTimestamp").isMissingNode()) {
      throw new NotBound("PVC is being deleted");
    }
    String name = claim.path("spec").path("volumeName").asText();
    if (name.isEmpty() || !claim.path("status").path("phase").asText().equals("Bound")) {
      throw new NotBound("PVC is not bound");
    }
    JsonNode found = fetch("PV " + name, Resources.PERSISTENT_VOLUMES, "", name);
    String uid = claim.path("metadata").path("uid").asText();
    JsonNode ref = found.path("spec").path("claimRef");
    if (!ref.isObject()) {
      throw new NotBound(
          "found PV object "
              + name
              + " but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim");
    }
    if (!ref.path("uid").asText().equals(uid)) {
      throw new NotBound(
          "found PV object %s but its pv.Spec.ClaimRef.UID %s does not point to claim.UID %s"
              .formatted(name, ref.path("uid").asText(), uid));
    }
    checkMode(pod, volume, found);
    checkNode(name, found);
    remember(pod, volume, name, found);
  }

  private JsonNode fetch(String what, ResourceDefinition resource, String namespace, String name)
      throws NotBound {
    try {
      return client.get(resource, namespace.isEmpty() ? null : namespace, name).tree();
    } catch (ApiException e) {
      throw new NotBound("failed to fetch " + what + " from API server: " + e.getMessage());
    }
  }

  private static void checkMode(JsonNode pod, JsonNode volume, JsonNode found) throws NotBound {
    String name = volume.path("name").asText();
    String mode = found.path("spec").path("volumeMode").asText("Filesystem");
    boolean block = mode.equals("Block");
    String wrong = block ? "volumeMounts" : "volumeDevices";
    for (String list : new String[] {"initContainers", "containers", "ephemeralContainers"}) {
      for (JsonNode container : pod.path("spec").path(list)) {
        for (JsonNode use : container.path(wrong)) {
          if (use.path("name").asText().equals(name)) {
            throw new NotBound(
                "volume %s has volumeMode %s, but is specified in %s".formatted(name, mode, wrong));
          }
        }
      }
    }
  }

  private void checkNode(String name, JsonNode found) {
    JsonNode required = found.path("spec").path("nodeAffinity").path("required");
    if (!required.isObject()) {
      return;
    }
    Optional<JsonNode> node = client.find(Resources.NODES, null, nodeName).map(n -> n.tree());
    if (node.isEmpty() || !NodeTerms.match(required, node.get())) {
      throw VolumeException.whole(
          VolumeException.failed("NodeAffinity check", name) + "no matching NodeSelectorTerms");
    }
  }

  private synchronized void remember(JsonNode pod, JsonNode volume, String name, JsonNode found)
      throws IOException {
    JsonNode spec = found.path("spec");
    boolean onePod =
        spec.path("accessModes").size() == 1
            && spec.path("accessModes").get(0).asText().equals(ONE_POD);
    if (onePod && usedByAnother(pod, name)) {
      throw VolumeException.whole(
          VolumeException.failed("SetUp", name)
              + "volume uses the ReadWriteOncePod access mode and is already in use by another"
              + " pod");
    }
    ObjectNode kept = Json.object().put("volumeName", name);
    kept.set("spec", spec);
    Path file = file(pod, volume);
    Files.createDirectories(file.resolveSibling("."));
    AtomicFiles.replace(file, Json.bytes(kept));
  }

  private boolean usedByAnother(JsonNode pod, String name) throws IOException {
    if (!Files.isDirectory(podsDirectory)) {
      return false;
    }
    Path own = file(pod, Json.object()).getParent();
    try (Stream<Path> pods = Files.list(podsDirectory)) {
      for (Path other : pods.map(p -> p.resolve(CLAIMS)).filter(Files::isDirectory).toList()) {
        try (Stream<Path> files = Files.list(other)) {
          for (Path file : other.equals(own) ? List.<Path>of() : files.toList()) {
            if (!String.valueOf(file.getFileName()).startsWith(".")
                && Json.parse(Files.readAllBytes(file)).path("volumeName").asText().equals(name)) {
              return true;
            }
          }
        }
      }
    }
    return false;
  }

  private Path file(JsonNode pod, JsonNode volume) {
    return podsDirectory
        .resolve(pod.path("metadata").path("uid").asText())
        .resolve(CLAIMS)
        .resolve(volume.path("name").asText());
  }

  /** A pod that has ended uses its volumes no more. */
  synchronized void release(String podUid) throws IOException {
    FileTrees.delete(podsDirectory.resolve(podUid).resolve(CLAIMS));
  }

  /** The volume that a claim was found to be bound to, checked and owned as the pod asks. */
  Ready prepare(JsonNode pod, JsonNode volume) throws IOException {
    Path file = file(pod, volume);
    JsonNode kept = Json.parse(Files.readAllBytes(file));
    boolean readOnly = volume.path("persistentVolumeClaim").path("readOnly").asBoolean();
    String name = kept.path("volumeName").asText();
    JsonNode spec = kept.path("spec");
    try {
      Path path = path(name, spec);
      boolean block = spec.path("volumeMode").asText().equals("Block");
      if (block) {
        HostPaths.check(path, "BlockDevice");
      } else if (spec.path("local").isObject() && !readOnly && !kept.path(OWNED).asBoolean()) {
        own(pod, path);
        AtomicFiles.replace(file, Json.bytes(((ObjectNode) kept).put(OWNED, true)));
      }
      return new Ready(block ? MountKind.DEVICE : MountKind.HOST_PATH, path, false, readOnly);
    } catch (VolumeException e) {
      throw e.about(name);
    } catch (IOException e) {
      throw new VolumeException(e.toString()).about(name);
    }
  }

  /** Once a pod: it takes long where there are many files. */
  private static void own(JsonNode pod, Path path) throws IOException {
    JsonNode context = pod.path("spec").path("securityContext");
    boolean unlessRoot = context.path("fsGroupChangePolicy").asText().equals("OnRootMismatch");
    Ownership.shareAll(path, context.path("fsGroup").asLong(-1), unlessRoot);
  }

  private static Path path(String name, JsonNode spec) throws IOException {
    if (!spec.path("mountOptions").isEmpty()) {
      throw new VolumeException("mount options are not supported: " + spec.path("mountOptions"));
    }
    if (spec.path("hostPath").isObject()) {
      Path path = Path.of(spec.path("hostPath").path("path").asText());
      HostPaths.check(path, spec.path("hostPath").path("type").asText());
      return path;
    }
    if (!spec.path("local").isObject()) {
      throw VolumeException.whole(
          "failed to get Plugin from volumeSpec for volume \""
              + name
              + "\" err=no volume plugin matched");
    }
    Path path = Path.of(spec.path("local").path("path").asText());
    if (!Files.exists(path)) {
      throw VolumeException.whole(
          VolumeException.failed("NewMounter initialization", name)
              + "path \""
              + path
              + "\" does not exist");
    }
    if (!spec.path("volumeMode").asText().equals("Block") && !Files.isDirectory(path)) {
      throw new VolumeException("path \"" + path + "\" is not a directory");
    }
    return path;
  }
}
