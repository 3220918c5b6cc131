package io.berth.agent.volumes;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.runtime.RuntimeDriver.MountKind;
import io.berth.api.object.Quantity;
import io.berth.api.time.Environment;
import io.berth.client.ApiClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Makes a pod's volumes under its directory, keeps those of config maps and secrets up to date, and
 * removes them. Making them again is cheap and changes nothing that is as it should be. One pod
 * must not be worked on by two threads at once.
 */
public final class PodVolumes {
  /**
   * A volume that is ready to be mounted.
   *
   * @param kind what it stands for
   * @param path where it is on the node
   * @param memory whether it is in memory
   * @param readOnly whether nobody may write to it
   */
  public record Ready(MountKind kind, Path path, boolean memory, boolean readOnly) {}

  private final Path podsDirectory;
  private final ConfigObjects objects;
  private final PodTokens tokens;
  private final Supplier<Map<String, Quantity>> allocatable;
  private final Environment environment;
  private final ClaimedVolumes claims;

  public PodVolumes(
      ApiClient client,
      String nodeName,
      Path podsDirectory,
      ConfigObjects objects,
      PodTokens tokens,
      Supplier<Map<String, Quantity>> allocatable,
      Environment environment) {
    this.podsDirectory = podsDirectory;
    this.objects = objects;
    this.tokens = tokens;
    this.allocatable = allocatable;
    this.environment = environment;
    this.claims = new ClaimedVolumes(client, nodeName, podsDirectory);
  }

  /** {@code <pods>/<uid>}. */
  public Path directory(String podUid) {
    return podsDirectory.resolve(podUid);
  }

  /** The config maps and secrets that the pod's volumes name. */
  public static Set<ConfigObjects.Ref> refs(JsonNode pod) {
    Set<ConfigObjects.Ref> refs = new LinkedHashSet<>();
    String namespace = pod.path("metadata").path("namespace").asText();
    pod.path("spec").path("volumes").forEach(v -> refs.addAll(FileSources.refs(v, namespace)));
    return refs;
  }

  /**
   * Makes all volumes.
   *
   * @param pod the pod, its addresses included where they are known
   * @return by name
   * @throws VolumeException one cannot be made now; the message names it
   */
  public Map<String, Ready> prepare(JsonNode pod) {
    Map<String, Ready> ready = new LinkedHashMap<>();
    Path root = directory(pod.path("metadata").path("uid").asText()).resolve("volumes");
    try {
      claims.resolve(pod);
      for (JsonNode volume : pod.path("spec").path("volumes")) {
        String name = volume.path("name").asText();
        ready.put(name, prepare(pod, volume, root, name));
      }
    } catch (IOException e) {
      throw new VolumeException("cannot read the pod's claims", e);
    }
    return ready;
  }

  private Ready prepare(JsonNode pod, JsonNode volume, Path root, String name) {
    try {
      return ClaimedVolumes.is(volume) ? claims.prepare(pod, volume) : prepare(pod, volume, root);
    } catch (VolumeException e) {
      throw e.about(name);
    } catch (IOException e) {
      throw new VolumeException(e.toString()).about(name);
    }
  }

  private Ready prepare(JsonNode pod, JsonNode volume, Path root) throws IOException {
    String name = volume.path("name").asText();
    if (volume.path("hostPath").isObject()) {
      Path path = Path.of(volume.path("hostPath").path("path").asText());
      HostPaths.check(path, volume.path("hostPath").path("type").asText());
      return new Ready(MountKind.HOST_PATH, path, false, false);
    }
    long group = pod.path("spec").path("securityContext").path("fsGroup").asLong(-1);
    if (isFiles(volume)) {
      Path directory = root.resolve("files").resolve(name);
      AtomicFiles.write(
          directory,
          new FileSources(pod, objects::find, token -> tokens.of(pod, token), allocatable.get())
              .of(volume),
          environment);
      Ownership.give(directory, group);
      return new Ready(MountKind.FILES, directory, false, true);
    }
    Path directory = root.resolve("empty-dir").resolve(name);
    boolean fresh = !Files.exists(directory);
    Files.createDirectories(directory);
    JsonNode emptyDir = volume.path("emptyDir");
    boolean memory = emptyDir.path("medium").asText().equals("Memory");
    if (memory) {
      JsonNode limit = emptyDir.path("sizeLimit");
      Tmpfs.mount(directory, limit.isMissingNode() ? 0 : Quantity.of(limit).value());
    }
    if (fresh) {
      AtomicFiles.chmod(directory, 0777);
      Ownership.share(directory, group);
    }
    return new Ready(MountKind.EMPTY_DIR, directory, memory, false);
  }

  private static boolean isFiles(JsonNode volume) {
    return volume.path("configMap").isObject()
        || volume.path("secret").isObject()
        || volume.path("downwardAPI").isObject()
        || volume.path("projected").isObject();
  }

  /** The pod has ended: others may have what only one pod may use. */
  public void release(String podUid) {
    try {
      claims.release(podUid);
    } catch (IOException e) {
      throw new VolumeException("cannot release the claims of pod " + podUid, e);
    }
  }

  /**
   * Removes all that the pod had on this node.
   *
   * @throws VolumeException something could not be unmounted or deleted
   */
  public void remove(String podUid) {
    tokens.forget(podUid);
    Path directory = directory(podUid);
    try {
      if (Files.exists(directory)) {
        Tmpfs.unmountAll(directory.toRealPath());
        FileTrees.delete(directory);
      }
    } catch (IOException e) {
      throw new VolumeException("cannot remove volumes of pod " + podUid, e);
    }
  }
}
