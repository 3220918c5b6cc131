package io.berth.agent.images;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.process.ShortNames;
import io.berth.agent.runtime.ImageStore;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.agent.runtime.cri.CriClient;
import io.berth.agent.runtime.cri.v1.ImageSpec;
import io.berth.agent.runtime.cri.v1.ImageStatusRequest;
import io.berth.agent.runtime.cri.v1.ImageStatusResponse;
import io.berth.agent.runtime.cri.v1.ListImagesRequest;
import io.berth.agent.runtime.cri.v1.RemoveImageRequest;
import io.berth.agent.runtime.cri.v1.StatusRequest;
import io.berth.api.codec.Json;
import io.berth.api.time.Environment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's images in a containerd: found and pulled through its container runtime interface,
 * imported and mounted by its tool {@code ctr}, for which that interface has no call.
 */
public final class ContainerdImages implements ImageStore {
  private static final Logger log = LoggerFactory.getLogger(ContainerdImages.class);
  private static final Duration CALL_LIMIT = Duration.ofSeconds(30);
  private static final Duration IMPORT_LIMIT = Duration.ofMinutes(10);

  /** A pull to which nothing comes for so long is given up. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private static final Duration VISIBLE_LIMIT = Duration.ofSeconds(10);

  private final Environment environment;
  private final CriClient client;
  private final Path scratch;
  private final Ctr ctr;
  private final AtomicLong sequence = new AtomicLong();
  private volatile @Nullable String snapshotter;

  /**
   * @param scratch a directory for archives and mounts in the making; made where missing
   */
  public ContainerdImages(Environment environment, CriClient client, Path scratch) {
    this.environment = environment;
    this.client = client;
    this.scratch = scratch;
    this.ctr = new Ctr(environment, client.socket());
  }

  /** Makes sure that the image that holds sandboxes open is there. */
  public void ensurePauseImage() {
    if (find(PauseImage.NAME).isPresent()) {
      return;
    }
    Path archive = scratchFile("pause.tar");
    try {
      PauseImage.write(archive);
      load(archive);
    } catch (IOException e) {
      throw new RuntimeDriverException("the pause image cannot be made: " + e.getMessage(), e);
    } finally {
      delete(archive);
    }
  }

  @Override
  public List<Image> list() {
    var response =
        CriClient.call(
            "listing images",
            () -> client.images(CALL_LIMIT).listImages(ListImagesRequest.getDefaultInstance()));
    return response.getImagesList().stream()
        .map(ContainerdImages::image)
        .sorted(Comparator.comparing(Image::id))
        .toList();
  }

  @Override
  public Optional<Image> find(String reference) {
    ImageStatusResponse response = status(reference, false);
    return response.hasImage() ? Optional.of(image(response.getImage())) : Optional.empty();
  }

  @Override
  public Image pull(String reference, @Nullable Auth auth) {
    new RegistryPull(environment, client, ctr, complete(reference), PATIENCE).run(auth);
    return find(reference)
        .orElseThrow(() -> new RuntimeDriverException("pulled " + reference + ", and it is gone"));
  }

  @Override
  public List<String> load(Path archive) {
    Path copy = scratchFile("named.tar");
    try {
      ImageArchive prepared = ImageArchive.prepare(archive, copy);
      String file = prepared.file().toString();
      ctr.run(IMPORT_LIMIT, "images", "import", "--snapshotter", snapshotter(), file);
      prepared.names().forEach(this::awaitVisible);
      log.info("loaded images={} archive={}", prepared.names(), archive);
      return prepared.names();
    } catch (IOException | IllegalArgumentException e) {
      throw new RuntimeDriverException("cannot load " + archive + ": " + e.getMessage(), e);
    } finally {
      delete(copy);
    }
  }

  @Override
  public void remove(String reference) {
    RemoveImageRequest request =
        RemoveImageRequest.newBuilder().setImage(spec(complete(reference))).build();
    CriClient.callOrNull(
        "removing " + reference, () -> client.images(CALL_LIMIT).removeImage(request));
  }

  @Override
  public ImageConfig config(String reference) {
    String info = status(reference, true).getInfoOrDefault("info", "");
    if (info.isEmpty()) {
      throw new RuntimeDriverException("there is no image " + reference + " on this node");
    }
    JsonNode config =
        Json.parse(info.getBytes(StandardCharsets.UTF_8)).path("imageSpec").path("config");
    Map<String, String> labels = new HashMap<>();
    config.path("Labels").properties().forEach(e -> labels.put(e.getKey(), e.getValue().asText()));
    return new ImageConfig(
        strings(config.path("Entrypoint")),
        strings(config.path("Cmd")),
        strings(config.path("Env")),
        config.path("WorkingDir").asText(""),
        config.path("User").asText(""),
        config.path("StopSignal").asText(""),
        Map.copyOf(labels));
  }

  @Override
  public void unpack(String reference, Path directory) {
    Image image =
        find(reference)
            .orElseThrow(
                () -> new RuntimeDriverException("there is no image " + reference + " here"));
    String name = image.names().isEmpty() ? complete(reference) : image.names().getFirst();
    Path mount = scratchFile("mount");
    try {
      Files.createDirectories(mount);
      Files.createDirectories(directory);
      ctr.run(
          CALL_LIMIT, "images", "mount", "--snapshotter", snapshotter(), name, mount.toString());
      try {
        // cp keeps owners, modes, devices, hard links and extended attributes.
        ctr.tool(IMPORT_LIMIT, List.of("cp", "-a", mount + "/.", directory + "/"));
      } finally {
        ctr.run(
            CALL_LIMIT,
            "images",
            "unmount",
            "--snapshotter",
            snapshotter(),
            "--rm",
            mount.toString());
      }
    } catch (IOException e) {
      throw new RuntimeDriverException("cannot unpack " + reference + ": " + e.getMessage(), e);
    } finally {
      delete(mount);
    }
  }

  /** The snapshotter that containers use; images are to be unpacked for the same. */
  private String snapshotter() {
    String known = snapshotter;
    if (known == null) {
      StatusRequest request = StatusRequest.newBuilder().setVerbose(true).build();
      var status =
          CriClient.call(
              "asking for the runtime's status", () -> client.runtime(CALL_LIMIT).status(request));
      byte[] config = status.getInfoOrDefault("config", "{}").getBytes(StandardCharsets.UTF_8);
      known = Json.parse(config).path("containerd").path("snapshotter").asText("overlayfs");
      snapshotter = known;
    }
    return known;
  }

  private ImageStatusResponse status(String reference, boolean verbose) {
    ImageStatusRequest request =
        ImageStatusRequest.newBuilder()
            .setImage(spec(complete(reference)))
            .setVerbose(verbose)
            .build();
    return CriClient.call(
        "looking for " + reference, () -> client.images(CALL_LIMIT).imageStatus(request));
  }

  /** containerd tells its runtime interface of an import by an event, which may take a moment. */
  private void awaitVisible(String name) {
    long deadline = environment.clock().nanos() + VISIBLE_LIMIT.toNanos();
    while (find(name).isEmpty()) {
      if (environment.clock().nanos() > deadline) {
        throw new RuntimeDriverException("imported " + name + ", and it does not show");
      }
      CountDownLatch over = new CountDownLatch(1);
      environment.timers().after(Duration.ofMillis(5), over::countDown);
      try {
        over.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new RuntimeDriverException("interrupted", e);
      }
    }
  }

  private Path scratchFile(String suffix) {
    try {
      Files.createDirectories(scratch);
    } catch (IOException e) {
      throw new RuntimeDriverException("cannot make " + scratch + ": " + e.getMessage(), e);
    }
    String unique = environment.clock().now() + "-" + sequence.incrementAndGet();
    return scratch.resolve(ShortNames.of(unique, 12) + "-" + suffix);
  }

  private static void delete(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      log.warn("cannot delete path={} error={}", path, e.getMessage());
    }
  }

  /** An image's id is taken as it is. */
  private static String complete(String reference) {
    if (reference.startsWith("sha256:")) {
      return reference;
    }
    try {
      return ImageReference.parse(reference).full();
    } catch (IllegalArgumentException e) {
      throw new RuntimeDriverException(String.valueOf(e.getMessage()), e);
    }
  }

  private static ImageSpec spec(String name) {
    return ImageSpec.newBuilder().setImage(name).build();
  }

  private static Image image(io.berth.agent.runtime.cri.v1.Image image) {
    List<String> names = new ArrayList<>(image.getRepoTagsList());
    names.addAll(image.getRepoDigestsList());
    return new Image(image.getId(), List.copyOf(names), image.getSize());
  }

  private static List<String> strings(JsonNode array) {
    List<String> values = new ArrayList<>();
    array.forEach(value -> values.add(value.asText()));
    return List.copyOf(values);
  }
}
