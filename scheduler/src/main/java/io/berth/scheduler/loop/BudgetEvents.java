package io.berth.scheduler.loop;

import io.berth.api.object.ApiObject;
import io.berth.client.Informer;
import io.berth.scheduler.preempt.Budgets;
import io.berth.scheduler.reader.BudgetReader;

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
    Budgets.Budget budget = BudgetReader.read(now);
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
}
