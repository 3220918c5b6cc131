package io.berth.agent.images;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * An archive of images as {@code docker save} or {@code skopeo copy oci-archive:} writes it, made
 * ready for containerd: every image in it gets its full name, which an OCI layout need not hold.
 *
 * @param file what containerd is to import
 * @param names full references of the images in it
 */
record ImageArchive(Path file, List<String> names) {
  static final String CONTAINERD_NAME = "io.containerd.image.name";
  static final String REFERENCE = "org.opencontainers.image.ref.name";
  private static final String INDEX = "index.json";
  private static final String LAYOUT = "oci-layout";
  private static final String MANIFEST = "manifest.json";
  private static final int LONGEST_METADATA = 4 << 20;

  /**
   * Reads an archive, and writes a copy with full names where it lacks them.
   *
   * @param scratch where the copy goes, made only where needed
   * @throws IllegalArgumentException it is no archive of images; the message says why
   */
  static ImageArchive prepare(Path archive, Path scratch) throws IOException {
    Map<String, byte[]> metadata = readMetadata(archive);
    byte[] index = metadata.get(INDEX);
    byte[] manifest = metadata.get(MANIFEST);
    if (index != null && metadata.containsKey(LAYOUT)) {
      return prepareLayout(archive, scratch, Json.parse(index));
    }
    if (manifest != null) {
      return new ImageArchive(archive, dockerNames(archive, Json.parse(manifest)));
    }
    throw new IllegalArgumentException(
        archive + " is no archive of images: it has neither an OCI layout nor a manifest.json");
  }

  private static ImageArchive prepareLayout(Path archive, Path scratch, JsonNode index)
      throws IOException {
    List<String> names = new ArrayList<>();
    boolean complete = true;
    for (JsonNode descriptor : index.path("manifests")) {
      JsonNode annotations = descriptor.path("annotations");
      String given = annotations.path(CONTAINERD_NAME).asText("");
      String name =
          given.isEmpty() ? nameOf(archive, annotations.path(REFERENCE).asText("")) : given;
      String full = ImageReference.parse(name).full();
      complete &= full.equals(given);
      ((ObjectNode) descriptor).withObject("/annotations").put(CONTAINERD_NAME, full);
      names.add(full);
    }
    if (names.isEmpty()) {
      throw new IllegalArgumentException(archive + " holds no image");
    }
    if (complete) {
      return new ImageArchive(archive, names);
    }
    copyWithIndex(archive, scratch, Json.bytes(index));
    return new ImageArchive(scratch, names);
  }

  /** A layout may name its image in full, by a tag alone, or not at all; then its file does. */
  private static String nameOf(Path archive, String reference) {
    if (reference.contains(":") || reference.contains("/")) {
      return reference;
    }
    String file =
        String.valueOf(archive.getFileName()).replaceFirst("\\.(tar|tar\\.gz|tgz|oci)$", "");
    return reference.isEmpty() ? file : file + ":" + reference;
  }

  private static List<String> dockerNames(Path archive, JsonNode manifest) {
    List<String> names = new ArrayList<>();
    for (JsonNode image : manifest) {
      for (JsonNode tag : image.path("RepoTags")) {
        names.add(ImageReference.parse(tag.asText()).full());
      }
    }
    if (names.isEmpty()) {
      throw new IllegalArgumentException(archive + " names no image: save it by name, not by id");
    }
    return names;
  }

  private static Map<String, byte[]> readMetadata(Path archive) throws IOException {
    Map<String, byte[]> found = new HashMap<>();
    try (TarArchiveInputStream in = open(archive)) {
      TarArchiveEntry entry;
      while ((entry = in.getNextEntry()) != null) {
        String name = plain(entry.getName());
        if (List.of(INDEX, LAYOUT, MANIFEST).contains(name)) {
          found.put(name, in.readNBytes(LONGEST_METADATA));
        }
      }
    }
    return found;
  }

  private static void copyWithIndex(Path archive, Path to, byte[] index) throws IOException {
    try (TarArchiveInputStream in = open(archive);
        TarArchiveOutputStream out = OciArchive.open(Files.newOutputStream(to))) {
      OciArchive.add(out, INDEX, index);
      TarArchiveEntry entry;
      while ((entry = in.getNextEntry()) != null) {
        if (!plain(entry.getName()).equals(INDEX)) {
          out.putArchiveEntry(entry);
          in.transferTo(out);
          out.closeArchiveEntry();
        }
      }
    }
  }

  private static String plain(String name) {
    return name.startsWith("./") ? name.substring(2) : name;
  }

  private static TarArchiveInputStream open(Path archive) throws IOException {
    InputStream in = new BufferedInputStream(Files.newInputStream(archive), 1 << 16);
    try {
      in.mark(2);
      boolean gzip = in.read() == 0x1f && in.read() == 0x8b;
      in.reset();
      return new TarArchiveInputStream(gzip ? new GZIPInputStream(in, 1 << 16) : in, "UTF-8");
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }
}
