package io.berth.agent.containerd;

import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a private containerd is told, and its rendering as containerd's configuration file (version
 * 2).
 *
 * @param root where it keeps images and snapshots
 * @param state where it keeps what runs
 * @param socket where it serves; at most 100 bytes long
 * @param sandboxImage the image that holds a sandbox's namespaces open
 * @param snapshotter {@code overlayfs} or {@code native}
 * @param cniConfigurations directory with the network's configuration
 * @param cniPlugins directory with the CNI plugins
 * @param registries directory with one folder a registry, as containerd's {@code certs.d}
 * @param keepOomScores whether children may not get lower OOM scores than containerd's own, which
 *     they cannot without CAP_SYS_RESOURCE
 */
record ContainerdConfig(
    Path root,
    Path state,
    Path socket,
    String sandboxImage,
    String snapshotter,
    Path cniConfigurations,
    Path cniPlugins,
    Path registries,
    boolean keepOomScores) {

  /** Each would only probe for what it needs and log that it is missing. */
  private static Stream<String> unused() {
    return Stream.of(
        "io.containerd.snapshotter.v1.aufs",
        "io.containerd.snapshotter.v1.btrfs",
        "io.containerd.snapshotter.v1.devmapper",
        "io.containerd.snapshotter.v1.zfs",
        "io.containerd.tracing.processor.v1.otlp",
        "io.containerd.internal.v1.tracing",
        "io.containerd.internal.v1.restart");
  }

  String toToml() {
    return """
        version = 2
        root = %s
        state = %s
        disabled_plugins = [%s]

        [grpc]
        address = %s

        [plugins."io.containerd.internal.v1.opt"]
        path = %s

        [plugins."io.containerd.grpc.v1.cri"]
        sandbox_image = %s
        restrict_oom_score_adj = %s
        netns_mounts_under_state_dir = true
        stream_server_address = "127.0.0.1"
        stream_server_port = "0"

        [plugins."io.containerd.grpc.v1.cri".cni]
        bin_dir = %s
        conf_dir = %s

        [plugins."io.containerd.grpc.v1.cri".registry]
        config_path = %s

        [plugins."io.containerd.grpc.v1.cri".containerd]
        snapshotter = %s

        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
        runtime_type = "io.containerd.runc.v2"

        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        Root = %s
        SystemdCgroup = false
        """
        .formatted(
            quote(root),
            quote(state),
            unused().map(ContainerdConfig::quote).collect(Collectors.joining(", ")),
            quote(socket),
            quote(root.resolve("opt")),
            quote(sandboxImage),
            keepOomScores,
            quote(cniPlugins),
            quote(cniConfigurations),
            quote(registries + ":/etc/containerd/certs.d"),
            quote(snapshotter),
            quote(state.resolve("runc")));
  }

  private static String quote(Object value) {
    return '"' + value.toString().replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
