package io.berth.controllers.disruption;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.LabelSelector;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.client.EventRecorder;
import io.berth.client.Informer;
import io.berth.client.Outcome;
import io.berth.controllers.loop.Changes;
import io.berth.controllers.loop.Controller;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.loop.WatchedLoop;
import io.berth.controllers.object.PodFacts;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;

/**
 * Says in the status of disruption budgets how many of their pods are healthy and how many may be
 * evicted; API servers count evictions down in between, under the version that was written here.
 * One step: {@link #reconcile}.
 */
public final class DisruptionController implements Controller {
  /** How long after a failure it is tried again, where nothing happens before. */
  private static final Duration AGAIN = Duration.ofSeconds(10);

  private final ControllerContext context;
  private final Informer budgets;
  private final Scales scales;
  private final EventRecorder events;
  private final WatchedLoop<ObjectKey> loop;

  /**
   * @param resources all that is served: by it the scale of what controls pods is found
   */
  public DisruptionController(
      ControllerContext context, int workers, Supplier<List<ResourceDefinition>> resources) {
    this.context = context;
    this.budgets = context.informers().of(Resources.POD_DISRUPTION_BUDGETS);
    this.scales = new Scales(context, resources);
    this.events = context.events("controllermanager");
    this.loop = new WatchedLoop<>(name(), context, workers, this::reconcile);
    Changes.each(budgets, budget -> loop.add(budget.key()));
    Changes.eachAndBefore(context.pods().informer(), this::podChanged);
    scales.onChange(this::scaleChanged);
  }

  private void podChanged(ApiObject pod) {
    for (ApiObject budget : budgets.inNamespace(pod.key().namespace())) {
      if (selector(budget.tree()).matches(pod.header().labels())) {
        loop.add(budget.key());
      }
    }
  }

  private void scaleChanged(ApiObject owner) {
    budgets.inNamespace(owner.key().namespace()).forEach(budget -> loop.add(budget.key()));
  }

  /** An absent selector selects nothing, an empty one all. */
  private static LabelSelector selector(JsonNode budget) {
    return LabelSelector.of(budget.path("spec").path("selector"));
  }

  Outcome reconcile(ObjectKey key) {
    Optional<ApiObject> cached = budgets.get(key.namespace(), key.name());
    if (cached.isEmpty()) {
      return Outcome.done();
    }
    ObjectNode budget = (ObjectNode) cached.get().tree();
    LabelSelector selector = selector(budget);
    List<PodFacts> pods =
        context.pods().inNamespace(key.namespace()).stream()
            .filter(pod -> selector.matches(pod.object().header().labels()))
            .toList();
    if (pods.isEmpty()) {
      events.event(cached.get(), "Normal", "NoPods", "No matching pods found");
    }
    Instant now = context.environment().clock().now();
    try {
      OptionalInt scale =
          BudgetStatus.asksForScale(budget) ? OptionalInt.of(scales.of(pods)) : OptionalInt.empty();
      BudgetStatus status = BudgetStatus.of(budget, pods, scale.orElse(pods.size()), now);
      write(budget, status.tree());
      return status.recheck() == null ? Outcome.done() : Outcome.again(status.recheck());
    } catch (NoScaleException e) {
      String failed = "Failed to calculate the number of expected pods: " + e.getMessage();
      events.event(cached.get(), "Warning", "CalculateExpectedPodCountFailed", failed);
      write(budget, BudgetStatus.failed(budget, String.valueOf(e.getMessage()), now));
      return Outcome.again(AGAIN);
    }
  }

  /** Under the version that was read: an eviction in between is a conflict, and counted next. */
  private void write(ObjectNode budget, ObjectNode status) {
    if (status.equals(budget.path("status"))) {
      return;
    }
    budget.set("status", status);
    try {
      context.client().updateStatus(Resources.POD_DISRUPTION_BUDGETS, budget);
    } catch (ApiException e) {
      if (!e.isNotFound()) {
        throw e;
      }
    }
  }

  @Override
  public String name() {
    return "disruption";
  }

  @Override
  public void start() {
    loop.start();
  }

  @Override
  public boolean alive() {
    return loop.alive();
  }

  @Override
  public void close() {
    loop.close();
  }
}
