package io.berth.apiserver.aggregation;

import io.berth.api.resource.GroupResource;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.apiserver.cache.CacheFollower;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.pki.FrontProxy;
import io.berth.apiserver.server.ApiServer;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.LocalCalls;
import io.berth.apiserver.server.Relay;
import io.berth.apiserver.server.RequestHandler;
import io.berth.apiserver.server.ServedResources;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.webhook.ServiceAddresses;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Further API servers behind this one: puts the parts together. Nothing of it is in the way of
 * requests for what this server serves itself, nor of its start: all begins in a task of its own.
 */
public final class Aggregation {
  private static final Logger log = LoggerFactory.getLogger(Aggregation.class);

  /** So often is looked whether the config map for further servers is as it should be. */
  private static final Duration UPKEEP = Duration.ofMinutes(1);

  private static final Duration RETRY = Duration.ofSeconds(1);

  private final Store store;
  private final WatchCache cache;
  private final Environment environment;
  private final ServedResources served;
  private final LocalCalls calls;
  private final String clientAuthority;
  private final Relay relay;
  private final ApiServer api;
  private final MeterRegistry metrics;

  /**
   * @param resources serves this server's own resources
   * @param clientAuthority who signs clients' certificates, PEM
   * @param relay passes on requests of parts in this process
   * @param api gets the handler of delegated group versions
   * @param metrics where it is shown who is away
   */
  public Aggregation(
      Store store,
      WatchCache cache,
      Environment environment,
      ServedResources served,
      RequestHandler resources,
      String clientAuthority,
      Relay relay,
      ApiServer api,
      MeterRegistry metrics) {
    this.store = store;
    this.cache = cache;
    this.environment = environment;
    this.served = served;
    this.calls = new LocalCalls(resources, Identity.of("system:apiserver", Identity.MASTERS));
    this.clientAuthority = clientAuthority;
    this.relay = relay;
    this.api = api;
    this.metrics = metrics;
  }

  /** Begins, and returns at once. */
  public void start() {
    environment.executor().execute(this::begin);
  }

  private void begin() {
    FrontProxy proxy;
    try {
      proxy = FrontProxy.open(store, environment.clock());
    } catch (RuntimeException e) {
      log.warn("not begun, tried again cause={}", e.toString());
      environment.timers().after(RETRY, this::begin);
      return;
    }
    ServiceAddresses addresses = new ServiceAddresses(cache, environment.random());
    ServiceCheck check = new ServiceCheck(cache);
    RemoteCalls remote = new RemoteCalls(proxy.client(), environment.clock());
    RemoteServices services =
        new RemoteServices(
            environment,
            served,
            calls,
            check,
            new Probe(environment, check, addresses, remote),
            new Registrations(cache),
            new AvailabilityMetrics(metrics));
    api.delegate(new Forwarder(services, addresses, proxy.client(), relay));
    GroupResource kind = Resources.API_SERVICES.groupResource();
    follow(
        services::step,
        kind,
        Resources.SERVICES.groupResource(),
        Resources.ENDPOINT_SLICES.groupResource());
    follow(
        new LocalServices(cache, calls, served)::step,
        kind,
        Resources.CUSTOM_RESOURCE_DEFINITIONS.groupResource());
    upkeep(new ExtensionAuthentication(calls, clientAuthority, proxy));
  }

  private void follow(Runnable step, GroupResource... resources) {
    new CacheFollower(cache, environment, List.of(resources), step).start();
  }

  private void upkeep(ExtensionAuthentication authentication) {
    Duration next = UPKEEP;
    try {
      authentication.ensure();
    } catch (RuntimeException e) {
      log.warn("config map not written cause={}", e.toString());
      next = RETRY;
    }
    environment.timers().after(next, () -> upkeep(authentication));
  }
}
