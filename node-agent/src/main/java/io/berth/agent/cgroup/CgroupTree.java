package io.berth.agent.cgroup;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The machine's control groups, version 1 (a tree for each controller) or 2 (one tree), whichever
 * is mounted. Groups are named by absolute paths from the top of the tree, such as {@code
 * /berth-n1/kubepods}. Safe for use by many threads.
 */
public final class CgroupTree {
  /** Where Linux has it. */
  public static final Path MOUNT = Path.of("/sys/fs/cgroup");

  /** Those we set something in or read from; what else there is the runtime makes by itself. */
  public static final List<String> OURS = List.of("cpu", "cpuacct", "memory", "pids", "blkio");

  private static final List<String> UNIFIED_OURS = List.of("cpu", "cpuset", "memory", "pids", "io");
  private static final String ENABLED = "cgroup.subtree_control";
  private static final int MAX_FILE = 16 << 10;

  private final Path mount;
  private final boolean unified;

  /**
   * @param mount where control groups are mounted, usually {@link #MOUNT}
   */
  public CgroupTree(Path mount) {
    this.mount = mount;
    this.unified = Files.exists(mount.resolve("cgroup.controllers"));
  }

  /** Whether it is version 2. */
  public boolean unified() {
    return unified;
  }

  /**
   * Where a group's files are.
   *
   * @param controller of version 1; of no matter in version 2
   */
  public Path directory(String controller, String group) {
    String relative = group.startsWith("/") ? group.substring(1) : group;
    return (unified ? mount : mount.resolve(controller)).resolve(relative);
  }

  public boolean exists(String group) {
    return Files.isDirectory(directory("memory", group));
  }

  /**
   * Makes a group and those above it. In version 2 the groups above hand their controllers down.
   *
   * @throws IOException it may not be made
   */
  public void create(String group) throws IOException {
    if (!unified) {
      for (String controller : OURS) {
        if (Files.isDirectory(mount.resolve(controller))) {
          Files.createDirectories(directory(controller, group));
        }
      }
      return;
    }
    Path leaf = directory("", group);
    Files.createDirectories(leaf);
    List<Path> above = new ArrayList<>();
    for (Path up = leaf.getParent(); up != null && up.startsWith(mount); up = up.getParent()) {
      above.addFirst(up);
    }
    for (Path up : above) {
      for (String controller : UNIFIED_OURS) {
        enable(up, controller);
      }
    }
  }

  /** A controller that the machine does not have, or keeps to itself, is gone without. */
  private static void enable(Path group, String controller) {
    try {
      if (!(" " + read(group.resolve(ENABLED)).strip() + " ").contains(" " + controller + " ")) {
        Files.writeString(group.resolve(ENABLED), "+" + controller);
      }
    } catch (IOException e) {
      return;
    }
  }

  /**
   * Removes a group and those below it, in every tree.
   *
   * @return whether nothing is left of it; something is while processes are in it
   */
  public boolean remove(String group) {
    boolean gone = true;
    for (Path top : tops()) {
      gone &= remove(top.resolve(group.substring(1)));
    }
    return gone;
  }

  private static boolean remove(Path directory) {
    if (!Files.isDirectory(directory)) {
      return true;
    }
    boolean empty = true;
    for (Path child : directories(directory)) {
      empty &= remove(child);
    }
    try {
      Files.deleteIfExists(directory);
      return empty;
    } catch (IOException e) {
      return false; // busy
    }
  }

  private List<Path> tops() {
    return unified ? List.of(mount) : directories(mount);
  }

  private static List<Path> directories(Path directory) {
    try (Stream<Path> children = Files.list(directory)) {
      return children.filter(Files::isDirectory).filter(c -> !Files.isSymbolicLink(c)).toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /** The names of the groups right below one. */
  public List<String> children(String group) {
    return directories(directory("memory", group)).stream()
        .map(path -> String.valueOf(path.getFileName()))
        .sorted()
        .toList();
  }

  /** Writes a setting. */
  public void write(String controller, String group, String file, String value) throws IOException {
    Files.writeString(directory(controller, group).resolve(file), value);
  }

  /** A file's text, empty where there is none. */
  public String read(String controller, String group, String file) {
    try {
      return read(directory(controller, group).resolve(file));
    } catch (IOException e) {
      return "";
    }
  }

  /**
   * A number that is a file's whole text, or the first word of it.
   *
   * @return -1 where there is none, {@link Long#MAX_VALUE} for {@code max}
   */
  public long number(String controller, String group, String file) {
    return number(read(controller, group, file));
  }

  static long number(String text) {
    String word = text.strip();
    int end = word.indexOf(' ');
    word = end < 0 ? word : word.substring(0, end);
    if (word.equals("max")) {
      return Long.MAX_VALUE;
    }
    try {
      return word.isEmpty() ? -1 : Long.parseLong(word);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /**
   * In one read where it fits: files of these file systems say that they are empty and would else
   * be read piece by piece.
   */
  public static String read(Path file) throws IOException {
    try (FileInputStream in = new FileInputStream(file.toFile())) {
      byte[] bytes = new byte[MAX_FILE];
      int length = in.read(bytes);
      if (length == MAX_FILE) {
        return new String(bytes, StandardCharsets.UTF_8)
            + new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
      return length < 0 ? "" : new String(bytes, 0, length, StandardCharsets.UTF_8);
    } catch (java.io.FileNotFoundException e) {
      throw new NoSuchFileException(file.toString());
    }
  }
}
