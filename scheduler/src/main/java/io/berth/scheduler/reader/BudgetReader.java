package io.berth.scheduler.reader;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.LabelSelector;
import io.berth.scheduler.preempt.Budgets;
import java.util.HashSet;
import java.util.Set;

/** Turns PodDisruptionBudgets of the API into the scheduler's records. */
public final class BudgetReader {
  private BudgetReader() {}

  public static Budgets.Budget read(ApiObject object) {
    JsonNode status = object.tree().path("status");
    JsonNode selector = object.tree().path("spec").path("selector");
    Set<String> disrupted = new HashSet<>();
    status.path("disruptedPods").fieldNames().forEachRemaining(disrupted::add);
    return new Budgets.Budget(
        object.key().namespace(),
        object.key().name(),
        selector.isObject() ? LabelSelector.of(selector) : LabelSelector.NOTHING,
        status.path("disruptionsAllowed").asInt(),
        disrupted);
  }
}
