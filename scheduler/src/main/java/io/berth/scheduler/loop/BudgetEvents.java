package io.berth.scheduler.loop;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.LabelSelector;
import io.berth.client.Informer;
import io.berth.scheduler.preempt.Budgets;
import java.util.HashSet;
import java.util.Set;

/** Takes PodDisruptionBudgets in as the API shows them. */
final class BudgetEvents implements Informer.Handler {
  private final Object guard;
  private final Budgets budgets;

  /**
   * @param guard the lock that guards the budgets
   */
  BudgetEvents(Object guard, Budgets budgets) {
    this.guard = guard;
    this.budgets = budgets;
  }

  @Override
  public void onAdd(ApiObject now) {
    Budgets.Budget budget = read(now);
    synchronized (guard) {
      budgets.put(budget);
    }
  }

  @Override
  public void onUpdate(ApiObject before, ApiObject now) {
    onAdd(now);
  }

  @Override
  public void onDelete(ApiObject last) {
    synchronized (guard) {
      budgets.remove(last.key().namespace(), last.key().name());
    }
  }

  private static Budgets.Budget read(ApiObject object) {
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
