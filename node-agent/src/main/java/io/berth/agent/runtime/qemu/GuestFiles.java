package io.berth.agent.runtime.qemu;

import io.berth.agent.runtime.RuntimeDriverException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Carries files that the agent keeps on the node into a guest, and later their changes. New
 * directories and files go first, links after them and what is gone last, so that a volume that
 * switches by one link, as config maps do, switches in the guest as well. For one thread.
 */
final class GuestFiles {
  private static final int DIRECTORY = 0;
  private static final int WRITE = 1;
  private static final int LINK = 2;
  private static final int KEEP = 3;
  private static final int PIECE = 64 * 1024;
  private static final int MOST_ENTRIES = 4096;

  /**
   * An entry of a volume.
   *
   * @param kind one of the operations above
   * @param stamp changes when the content does; the target of a link
   */
  private record Entry(int kind, int mode, int user, int group, String stamp) {}

  private final Map<Path, Map<String, Entry>> sent = new TreeMap<>();

  /** The name by which the guest knows a path of the node. */
  static String key(Path hostPath) {
    try {
      byte[] path = hostPath.toString().getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(path), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The guest may know nothing any more: all is sent again when next asked. */
  void forget() {
    sent.clear();
  }

  /**
   * Makes the guest's copy like the node's.
   *
   * @throws IOException the files changed meanwhile or cannot be read; worth another try
   */
  void sync(GuestChannel channel, Path hostPath) throws IOException {
    Map<String, Entry> now = scan(hostPath);
    Map<String, Entry> before = sent.get(hostPath);
    if (now.equals(before)) {
      return;
    }
    Map<String, Entry> old = before == null ? Map.of() : before;
    for (int kind : List.of(DIRECTORY, WRITE, LINK)) {
      for (Map.Entry<String, Entry> e : now.entrySet()) {
        if (e.getValue().kind() == kind && !e.getValue().equals(old.get(e.getKey()))) {
          put(channel, hostPath, e.getKey(), e.getValue());
        }
      }
    }
    boolean alone = now.containsKey("") && now.size() == 1 && !Files.isDirectory(hostPath);
    if (!alone && (before == null || !now.keySet().containsAll(before.keySet()))) {
      channel.request(
          GuestMessage.FILE, operation(KEEP, hostPath, "").strs(List.copyOf(now.keySet())));
    }
    sent.put(hostPath, now);
  }

  private static Map<String, Entry> scan(Path root) throws IOException {
    Map<String, Entry> entries = new TreeMap<>();
    try (Stream<Path> walk = Files.walk(root)) {
      for (Path path : (Iterable<Path>) walk::iterator) {
        entries.put(root.relativize(path).toString(), entry(path));
        if (entries.size() > MOST_ENTRIES) {
          throw new RuntimeDriverException(root + " has more files than a machine can be sent");
        }
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return entries;
  }

  private static Entry entry(Path path) throws IOException {
    Map<String, Object> a = Files.readAttributes(path, "unix:*", LinkOption.NOFOLLOW_LINKS);
    int mode = number(a, "mode") & 07777;
    int user = number(a, "uid");
    int group = number(a, "gid");
    if (Boolean.TRUE.equals(a.get("isSymbolicLink"))) {
      return new Entry(LINK, 0, 0, 0, Files.readSymbolicLink(path).toString());
    }
    if (Boolean.TRUE.equals(a.get("isDirectory"))) {
      return new Entry(DIRECTORY, mode, user, group, "");
    }
    String stamp = a.get("ino") + " " + a.get("size") + " " + a.get("lastModifiedTime");
    return new Entry(WRITE, mode, user, group, stamp);
  }

  private static int number(Map<String, Object> attributes, String name) {
    return attributes.get(name) instanceof Integer number ? number : 0;
  }

  private static void put(GuestChannel channel, Path root, String name, Entry entry)
      throws IOException {
    Payload request = operation(entry.kind(), root, name);
    if (entry.kind() == LINK) {
      channel.request(GuestMessage.FILE, request.str(entry.stamp()));
      return;
    }
    request.u32(entry.mode()).u32(entry.user()).u32(entry.group());
    if (entry.kind() == DIRECTORY) {
      channel.request(GuestMessage.FILE, request);
      return;
    }
    byte[] content = Files.readAllBytes(root.resolve(name));
    int from = 0;
    do {
      int length = Math.min(PIECE, content.length - from);
      boolean last = from + length == content.length;
      Payload piece =
          operation(WRITE, root, name).u32(entry.mode()).u32(entry.user()).u32(entry.group());
      piece.u8(from == 0 ? 1 : 0).u8(last ? 1 : 0).bytes(content, from, length);
      channel.request(GuestMessage.FILE, piece);
      from += length;
    } while (from < content.length);
  }

  private static Payload operation(int operation, Path root, String name) {
    return new Payload().u8(operation).str(key(root)).str(name);
  }
}
