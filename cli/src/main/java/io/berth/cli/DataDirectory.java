package io.berth.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where a cluster on this machine keeps what it knows. */
public record DataDirectory(Path root) {
  /**
   * The directory named, or the default: {@code /var/lib/berth} for root, else under {@code
   * XDG_DATA_HOME}.
   */
  public static DataDirectory of(@Nullable Path named) {
    return new DataDirectory((named == null ? defaultRoot() : named).toAbsolutePath().normalize());
  }

  private static Path defaultRoot() {
    if (System.getProperty("user.name").equals("root")) {
      return Path.of("/var/lib/berth");
    }
    String data = System.getenv("XDG_DATA_HOME");
    return data == null || data.isEmpty()
        ? Path.of(System.getProperty("user.home"), ".local", "share", "berth")
        : Path.of(data, "berth");
  }

  public Path kubeconfig() {
    return root.resolve("admin.kubeconfig");
  }

  public Path log() {
    return root.resolve("berth.log");
  }

  public Path pidFile() {
    return root.resolve("berth.pid");
  }

  /** Present while a stop is to leave the workloads running. */
  public Path keepWorkloads() {
    return root.resolve("keep-workloads");
  }

  /** Present once the API server of the running process serves. */
  public Path ready() {
    return root.resolve("ready");
  }

  public Path store() {
    return root.resolve("store");
  }

  public Path pki() {
    return root.resolve("pki");
  }

  public Path agent() {
    return root.resolve("agent");
  }

  public Path containerd() {
    return root.resolve("containerd");
  }
}
