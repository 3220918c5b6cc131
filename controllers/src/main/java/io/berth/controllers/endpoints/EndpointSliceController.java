package io.berth.controllers.endpoints;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.client.DeleteOptions;
import io.berth.client.Informer;
import io.berth.client.Outcome;
import io.berth.controllers.loop.Changes;
import io.berth.controllers.loop.Controller;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.loop.WatchedLoop;
import io.berth.controllers.object.LatestWrites;
import io.berth.controllers.object.Refusals;
import java.util.List;

/**
 * Keeps the EndpointSlices of every Service that has a selector. One step: {@link #reconcile}; what
 * it decides is in {@link SlicePlan}.
 */
public final class EndpointSliceController implements Controller {
  private static final String BY_SERVICE = "slice-service";

  private final ApiClient client;
  private final Informer slices;
  private final Informer nodes;
  private final LatestWrites latest = new LatestWrites();
  private final ServiceWatch services;
  private final WatchedLoop<ObjectKey> loop;

  public EndpointSliceController(ControllerContext context, int workers) {
    this.client = context.client();
    this.slices = context.informers().of(Resources.ENDPOINT_SLICES);
    this.nodes = context.informers().of(Resources.NODES);
    this.loop = new WatchedLoop<>(name(), context, workers, this::reconcile);
    this.services = new ServiceWatch(context, loop);
    slices.addIndex(BY_SERVICE, slice -> List.of(service(slice).namespacedName()));
    Changes.deleted(slices, slice -> latest.gone(slice.header().uid()));
    Changes.eachAndBefore(slices, this::sliceChanged);
  }

  private static ObjectKey service(ApiObject slice) {
    String name = slice.header().labels().getOrDefault(SlicePlan.SERVICE_NAME, "");
    return ServiceWatch.key(slice.key().namespace(), name);
  }

  /** Someone else may have changed or deleted it. */
  private void sliceChanged(ApiObject slice) {
    if (managed(slice)) {
      loop.add(service(slice));
    }
  }

  private static boolean managed(ApiObject slice) {
    return SlicePlan.MANAGER.equals(slice.header().labels().get(SlicePlan.MANAGED_BY));
  }

  Outcome reconcile(ObjectKey key) {
    ServiceFacts service = services.service(key).orElse(null);
    if (service == null || !service.selected() || service.object().header().deleting()) {
      return Outcome.done(); // what is left of a deleted Service is the garbage collector's
    }
    List<ApiObject> existing =
        slices.byIndex(BY_SERVICE, key.namespacedName()).stream()
            .filter(slice -> managed(slice) && !slice.header().deleting())
            .toList();
    SlicePlan plan =
        SlicePlan.decide(
            service,
            services.pods(service),
            SlicePlan.zones(nodes.list()),
            latest.current(service.uid(), existing));
    carryOut(service, plan);
    return Outcome.done();
  }

  /** First what adds endpoints, so that none is missing in between. */
  private void carryOut(ServiceFacts service, SlicePlan plan) {
    try {
      for (ObjectNode slice : plan.create()) {
        latest.wrote(
            service.uid(), client.create(Resources.ENDPOINT_SLICES, service.namespace(), slice));
      }
    } catch (ApiException e) {
      if (!Refusals.namespaceIsGoing(e)) {
        throw e;
      }
      return;
    }
    for (ObjectNode slice : plan.update()) {
      try {
        latest.wrote(service.uid(), client.update(Resources.ENDPOINT_SLICES, slice));
      } catch (ApiException e) {
        latest.gone(slice.path("metadata").path("uid").asText());
        throw e;
      }
    }
    for (ApiObject slice : plan.delete()) {
      client.delete(
          Resources.ENDPOINT_SLICES,
          slice.key().namespace(),
          slice.key().name(),
          DeleteOptions.uid(slice.header().uid()));
      latest.gone(slice.header().uid());
    }
  }

  @Override
  public String name() {
    return "endpoint_slice";
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
