package io.berth.agent.runtime;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The node's images, shared by all drivers. References are taken as users write them ({@code
 * busybox}, {@code ghcr.io/x/y:1}, {@code x@sha256:...}) and completed as Docker does ({@code
 * docker.io/library/busybox:latest}). Safe for use by many threads.
 */
public interface ImageStore {
  /**
   * An image that the node has.
   *
   * @param id digest of its configuration, {@code sha256:...}
   * @param names full references with tags or digests
   * @param sizeBytes as stored
   */
  record Image(String id, List<String> names, long sizeBytes) {}

  /** What an image's configuration says of its process. */
  record ImageConfig(
      List<String> entrypoint,
      List<String> command,
      List<String> env,
      String workingDir,
      String user,
      String stopSignal,
      Map<String, String> labels) {}

  /** Credentials for a registry. */
  record Auth(String username, String password) {}

  List<Image> list();

  Optional<Image> find(String reference);

  /**
   * Fetches an image from its registry.
   *
   * @throws RuntimeDriverException it could not be fetched; the message says why
   */
  Image pull(String reference, @Nullable Auth auth);

  /**
   * Loads an archive as {@code docker save} or {@code skopeo copy oci-archive:} writes it.
   *
   * @return full references of the images it held
   */
  List<String> load(Path archive);

  /** Removes an image by its id or any of its names. What is gone already is no error. */
  void remove(String reference);

  ImageConfig config(String reference);

  /**
   * Writes the image's file system, all layers applied, owners, modes and devices kept, into an
   * empty directory. For machines, which make a disk of it.
   */
  void unpack(String reference, Path directory);
}
