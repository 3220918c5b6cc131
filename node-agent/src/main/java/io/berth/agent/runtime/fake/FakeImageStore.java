package io.berth.agent.runtime.fake;

import io.berth.agent.runtime.ImageStore;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.time.Environment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Images in memory: some present, some in a registry from which they can be pulled. Safe for use by
 * many threads.
 */
public final class FakeImageStore implements ImageStore {
  private final FakeRuntimeFaults faults;
  private final Map<String, Image> present = new TreeMap<>();
  private final Set<String> registry = new TreeSet<>();

  public FakeImageStore(Environment environment) {
    this.faults = new FakeRuntimeFaults(environment);
  }

  public FakeRuntimeFaults faults() {
    return faults;
  }

  /** Makes an image present. */
  public synchronized FakeImageStore with(String reference) {
    String full = full(reference);
    present.put(full, new Image(id(full), List.of(full), 1_000_000));
    return this;
  }

  /** Makes an image available to {@link #pull}. */
  public synchronized FakeImageStore inRegistry(String reference) {
    registry.add(full(reference));
    return this;
  }

  @Override
  public synchronized void remove(String reference) {
    faults.before("remove");
    faults.record("remove " + reference);
    present.values().removeIf(image -> image.id().equals(reference));
    present.remove(full(reference));
  }

  @Override
  public synchronized List<Image> list() {
    return List.copyOf(present.values());
  }

  @Override
  public synchronized Optional<Image> find(String reference) {
    faults.before("find");
    return Optional.ofNullable(present.get(full(reference)));
  }

  @Override
  public Image pull(String reference, @Nullable Auth auth) {
    faults.before("pull");
    faults.record("pull " + reference);
    synchronized (this) {
      if (!registry.contains(full(reference))) {
        throw new RuntimeDriverException(
            "failed to pull and unpack image \"" + full(reference) + "\": not found");
      }
    }
    with(reference);
    faults.after("pull");
    return find(reference).orElseThrow();
  }

  @Override
  public List<String> load(Path archive) {
    faults.before("load");
    String name = full(String.valueOf(archive.getFileName()).replaceAll("\\.(tar|oci).*$", ""));
    with(name);
    return List.of(name);
  }

  @Override
  public ImageConfig config(String reference) {
    if (find(reference).isEmpty()) {
      throw new RuntimeDriverException("no such image: " + reference);
    }
    return new ImageConfig(List.of(), List.of(), List.of(), "/", "", "", Map.of());
  }

  @Override
  public void unpack(String reference, Path directory) {
    config(reference);
    try {
      Files.createDirectories(directory.resolve("bin"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String id(String full) {
    String hash = HexFormat.of().toHexDigits(full.hashCode());
    return "sha256:" + hash.repeat(8);
  }

  private static String full(String reference) {
    String name = reference;
    if (!name.contains("/")) {
      name = "docker.io/library/" + name;
    }
    boolean tagged = name.contains("@") || name.lastIndexOf(':') > name.lastIndexOf('/');
    return tagged ? name : name + ":latest";
  }
}
