package io.berth.controllers.deployment;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.SortedMap;

/** One write that a step decided on. */
sealed interface Action {
  /** Creates the newest ReplicaSet. */
  record Create(ObjectNode replicaSet, int replicas) implements Action {}

  /**
   * Brings an existing ReplicaSet to a number of replicas and to these annotations.
   *
   * @param set as it was read
   */
  record Change(
      Version set, int replicas, int minReadySeconds, SortedMap<String, String> annotations)
      implements Action {
    boolean scales() {
      return replicas != set.replicas();
    }
  }

  /** Deletes an old ReplicaSet beyond the history. */
  record Delete(Version set) implements Action {}

  /** Notes the newest revision on the Deployment itself. */
  record NoteRevision(long revision) implements Action {}
}
