package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.Strategy;
import io.berth.apiserver.registry.WriteCall;
import java.util.function.Consumer;

/** Daemon sets. An annotation counts the changes of their template, for clients that go by it. */
final class DaemonSetStrategy implements Strategy {
  private static final String TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

  @Override
  public boolean countsGenerations() {
    return true;
  }

  @Override
  public void prepareCreate(ObjectNode set, WriteCall call) {
    setGeneration(set, Math.max(1, generation(set)));
  }

  @Override
  public void prepareUpdate(ObjectNode set, ObjectNode old, WriteCall call) {
    boolean same = template(set).equals(template(old));
    setGeneration(set, generation(old) + (same ? 0 : 1));
  }

  private static JsonNode template(JsonNode set) {
    return set.path("spec").path("template");
  }

  private static long generation(JsonNode set) {
    return set.path("metadata").path("annotations").path(TEMPLATE_GENERATION).asLong(0);
  }

  private static void setGeneration(ObjectNode set, long generation) {
    Meta.of(set).withObject("/annotations").put(TEMPLATE_GENERATION, Long.toString(generation));
  }

  @Override
  public void validateUpdate(ObjectNode set, ObjectNode old, Consumer<FieldError> errors) {
    Immutable.check(set, old, "spec.selector", errors);
  }
}
