package io.berth.apiserver.registry;

import com.fasterxml.jackson.core.JsonPointer;
import org.jspecify.annotations.Nullable;

/**
 * Where a kind keeps what the scale subresource shows.
 *
 * @param specReplicas the number that is wanted
 * @param statusReplicas the number that there is
 * @param selector what selects the replicas, a text or a label selector; null where there is none
 */
public record ScalePaths(
    JsonPointer specReplicas, JsonPointer statusReplicas, @Nullable JsonPointer selector) {
  /** Of the kinds that run pods. */
  static final ScalePaths OF_WORKLOADS =
      new ScalePaths(
          JsonPointer.compile("/spec/replicas"),
          JsonPointer.compile("/status/replicas"),
          JsonPointer.compile("/spec/selector"));
}
