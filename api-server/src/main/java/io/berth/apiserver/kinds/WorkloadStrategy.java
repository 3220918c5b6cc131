package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Strategy;
import java.util.function.Consumer;

/** Deployments and replica sets: their status is their controllers', their selector stays. */
final class WorkloadStrategy implements Strategy {
  @Override
  public boolean countsGenerations() {
    return true;
  }

  @Override
  public void validateUpdate(ObjectNode workload, ObjectNode old, Consumer<FieldError> errors) {
    Immutable.check(workload, old, "spec.selector", errors);
  }
}
