package io.berth.agent.images;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Writes an image as an OCI layout in a tar archive, with one layer, from files of this machine: no
 * registry, no build daemon. The same files make the same bytes.
 */
public final class OciArchive {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String EPOCH = "1970-01-01T00:00:00Z";

  private OciArchive() {}

  private record Blob(String mediaType, String digest, long size) {
    ObjectNode descriptor() {
      return JSON.objectNode().put("mediaType", mediaType).put("digest", digest).put("size", size);
    }

    String path() {
      return "blobs/sha256/" + digest.substring("sha256:".length());
    }
  }

  /**
   * Writes an archive for this machine's architecture.
   *
   * @param name the image's name as users write it; completed as Docker does
   * @param archive replaced where it exists
   */
  public static void write(Path archive, String name, FileTree files, ImageSpec spec)
      throws IOException {
    Path layer = Files.createTempFile(archive.toAbsolutePath().getParent(), "layer", ".tar");
    try {
      Blob layerBlob =
          new Blob(
              "application/vnd.oci.image.layer.v1.tar",
              writeLayer(layer, files),
              Files.size(layer));
      byte[] config = Json.bytes(config(spec, layerBlob.digest()));
      Blob configBlob = blob("application/vnd.oci.image.config.v1+json", config);
      byte[] manifest = Json.bytes(manifest(configBlob, layerBlob));
      Blob manifestBlob = blob("application/vnd.oci.image.manifest.v1+json", manifest);
      try (TarArchiveOutputStream out = open(Files.newOutputStream(archive))) {
        add(
            out,
            "oci-layout",
            "{\"imageLayoutVersion\":\"1.0.0\"}".getBytes(StandardCharsets.UTF_8));
        add(out, "index.json", Json.bytes(index(manifestBlob, ImageReference.parse(name).full())));
        add(out, manifestBlob.path(), manifest);
        add(out, configBlob.path(), config);
        TarArchiveEntry entry = entry(layerBlob.path(), TarConstants.LF_NORMAL, 0644);
        entry.setSize(layerBlob.size());
        out.putArchiveEntry(entry);
        Files.copy(layer, out);
        out.closeArchiveEntry();
      }
    } finally {
      Files.deleteIfExists(layer);
    }
  }

  private static String writeLayer(Path layer, FileTree files) throws IOException {
    MessageDigest digest = sha256();
    try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(layer), 1 << 16);
        TarArchiveOutputStream out = open(new DigestOutputStream(file, digest))) {
      for (Map.Entry<String, FileTree.Node> node : files.nodes().entrySet()) {
        addNode(out, node.getKey(), node.getValue());
      }
    }
    return "sha256:" + HexFormat.of().formatHex(digest.digest());
  }

  private static void addNode(TarArchiveOutputStream out, String path, FileTree.Node node)
      throws IOException {
    switch (node) {
      case FileTree.DirectoryNode directory -> {
        out.putArchiveEntry(entry(path + "/", TarConstants.LF_DIR, directory.mode()));
        out.closeArchiveEntry();
      }
      case FileTree.SymlinkNode link -> {
        TarArchiveEntry entry = entry(path, TarConstants.LF_SYMLINK, link.mode());
        entry.setLinkName(link.target());
        out.putArchiveEntry(entry);
        out.closeArchiveEntry();
      }
      case FileTree.BytesNode bytes -> add(out, path, bytes.bytes(), bytes.mode());
      case FileTree.FileNode file -> {
        TarArchiveEntry entry = entry(path, TarConstants.LF_NORMAL, file.mode());
        entry.setSize(Files.size(file.source()));
        out.putArchiveEntry(entry);
        Files.copy(file.source(), out);
        out.closeArchiveEntry();
      }
    }
  }

  private static ObjectNode config(ImageSpec spec, String layerDigest) {
    ObjectNode process = JSON.objectNode();
    putStrings(process, "Entrypoint", spec.entrypoint());
    putStrings(process, "Cmd", spec.command());
    putStrings(process, "Env", spec.env());
    if (!spec.workingDir().isEmpty()) {
      process.put("WorkingDir", spec.workingDir());
    }
    if (!spec.user().isEmpty()) {
      process.put("User", spec.user());
    }
    spec.ports().forEach(port -> process.withObject("/ExposedPorts").putObject(port));
    spec.labels().forEach((key, value) -> process.withObject("/Labels").put(key, value));
    ObjectNode config = JSON.objectNode().put("created", EPOCH).put("architecture", architecture());
    config.put("os", "linux").set("config", process);
    config.putObject("rootfs").put("type", "layers").putArray("diff_ids").add(layerDigest);
    config.putArray("history").addObject().put("created", EPOCH).put("created_by", "berth");
    return config;
  }

  private static ObjectNode manifest(Blob config, Blob layer) {
    ObjectNode manifest =
        JSON.objectNode()
            .put("schemaVersion", 2)
            .put("mediaType", "application/vnd.oci.image.manifest.v1+json");
    manifest.set("config", config.descriptor());
    manifest.putArray("layers").add(layer.descriptor());
    return manifest;
  }

  private static ObjectNode index(Blob manifest, String name) {
    ObjectNode descriptor = manifest.descriptor();
    descriptor
        .putObject("annotations")
        .put(ImageArchive.CONTAINERD_NAME, name)
        .put(ImageArchive.REFERENCE, name.substring(name.lastIndexOf(':') + 1));
    descriptor.putObject("platform").put("architecture", architecture()).put("os", "linux");
    ObjectNode index =
        JSON.objectNode()
            .put("schemaVersion", 2)
            .put("mediaType", "application/vnd.oci.image.index.v1+json");
    index.putArray("manifests").add(descriptor);
    return index;
  }

  /** This machine's architecture by the name that images use. */
  static String architecture() {
    String name = System.getProperty("os.arch", "amd64").toLowerCase(Locale.ROOT);
    return switch (name) {
      case "x86_64" -> "amd64";
      case "aarch64" -> "arm64";
      default -> name;
    };
  }

  private static void putStrings(ObjectNode to, String key, List<String> values) {
    if (!values.isEmpty()) {
      ArrayNode array = to.putArray(key);
      values.forEach(array::add);
    }
  }

  private static Blob blob(String mediaType, byte[] bytes) {
    return new Blob(
        mediaType, "sha256:" + HexFormat.of().formatHex(sha256().digest(bytes)), bytes.length);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static TarArchiveOutputStream open(OutputStream to) {
    TarArchiveOutputStream out = new TarArchiveOutputStream(to, "UTF-8");
    out.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    out.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
    out.setAddPaxHeadersForNonAsciiNames(true);
    return out;
  }

  static void add(TarArchiveOutputStream out, String path, byte[] bytes) throws IOException {
    add(out, path, bytes, 0644);
  }

  private static void add(TarArchiveOutputStream out, String path, byte[] bytes, int mode)
      throws IOException {
    TarArchiveEntry entry = entry(path, TarConstants.LF_NORMAL, mode);
    entry.setSize(bytes.length);
    out.putArchiveEntry(entry);
    out.write(bytes);
    out.closeArchiveEntry();
  }

  private static TarArchiveEntry entry(String path, byte type, int mode) {
    TarArchiveEntry entry = new TarArchiveEntry(path, type);
    entry.setMode(mode);
    entry.setUserId(0);
    entry.setGroupId(0);
    entry.setUserName("");
    entry.setGroupName("");
    entry.setModTime(0L);
    return entry;
  }
}
