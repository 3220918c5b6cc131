package io.berth.agent.pod;

import java.time.Duration;

/** A step that the decider asks for. Each may be tried again: what it leads to is observed. */
public sealed interface PodAction {
  /** Makes the pod's next sandbox. */
  record CreateSandbox(int attempt) implements PodAction {}

  /** Creates and starts a container; the back-off holds for its next restart. */
  record StartContainer(ContainerDef container, String sandboxId, int attempt, BackOffState backOff)
      implements PodAction {}

  /** Starts a container that was created and, for a crash between, never started. */
  record StartCreated(ContainerDef container, String containerId) implements PodAction {}

  /** Ends a container; the message goes into the pod's events. */
  record StopContainer(String containerId, String name, Duration grace, String message)
      implements PodAction {}

  /** Ends what a sandbox still runs and gives its address back. */
  record StopSandbox(String sandboxId) implements PodAction {}

  /** Forgets a stopped sandbox and all of its containers. */
  record RemoveSandbox(String sandboxId) implements PodAction {}

  /** Forgets an ended container. */
  record RemoveContainer(String containerId) implements PodAction {}

  /** Writes the last status and removes the pod from the API. */
  record FinishDeletion() implements PodAction {}

  /** Deletes the pod's files and the memory of it. */
  record Forget() implements PodAction {}
}
