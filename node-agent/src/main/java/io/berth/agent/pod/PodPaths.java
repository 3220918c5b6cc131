package io.berth.agent.pod;

import java.nio.file.Path;

/** Where the agent keeps what belongs to pods, under its data directory. */
public record PodPaths(Path dataDirectory) {
  public Path pods() {
    return dataDirectory.resolve("pods");
  }

  public Path pod(String uid) {
    return pods().resolve(uid);
  }

  /** {@code logs/pods/<namespace>_<name>_<uid>}. */
  public Path logs(PodId id) {
    return dataDirectory
        .resolve("logs")
        .resolve("pods")
        .resolve(id.namespace() + "_" + id.name() + "_" + id.uid());
  }

  public Path log(PodId id, String container, int attempt) {
    return logs(id).resolve(container).resolve(attempt + ".log");
  }

  Path terminationLog(PodId id, String container, int attempt) {
    return pod(id.uid()).resolve("containers").resolve(container).resolve(attempt + ".last-words");
  }

  /** Where profiles for seccomp lie that pods name as {@code Localhost}. */
  Path seccomp() {
    return dataDirectory.resolve("seccomp");
  }

  /** Where parts of volumes are mounted for the pod's containers. */
  Path subPaths(PodId id) {
    return pod(id.uid()).resolve("volume-subpaths");
  }

  Path hosts(PodId id) {
    return pod(id.uid()).resolve("etc-hosts");
  }
}
