package io.berth.agent.pod;

/**
 * Why a container does not run, as its status says it.
 *
 * @param reason CamelCase, for programs
 * @param message for people, may be empty
 */
public record Waiting(String reason, String message) {
  public static final Waiting CREATING = new Waiting("ContainerCreating", "");
  public static final Waiting INITIALIZING = new Waiting("PodInitializing", "");
}
