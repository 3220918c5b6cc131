package io.berth.agent.images;

import java.util.List;
import java.util.Map;

/**
 * What an image made here says of its process.
 *
 * @param entrypoint command, arguments of a container come behind it
 * @param command default arguments
 * @param env {@code NAME=value}
 * @param workingDir empty for the root
 * @param user empty for root
 * @param ports such as {@code 80/tcp}
 * @param labels for people and tools
 */
public record ImageSpec(
    List<String> entrypoint,
    List<String> command,
    List<String> env,
    String workingDir,
    String user,
    List<String> ports,
    Map<String, String> labels) {

  /** An image that runs one command. */
  public static ImageSpec running(String... command) {
    return new ImageSpec(List.of(command), List.of(), List.of(), "", "", List.of(), Map.of());
  }

  public ImageSpec withEnv(List<String> variables) {
    return new ImageSpec(entrypoint, command, variables, workingDir, user, ports, labels);
  }

  public ImageSpec withPorts(String... exposed) {
    return new ImageSpec(entrypoint, command, env, workingDir, user, List.of(exposed), labels);
  }
}
