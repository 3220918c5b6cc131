package io.berth.apiserver.assembly;

import io.berth.api.lifecycle.Parts;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.Resources;
import io.berth.api.time.SystemEnvironment;
import io.berth.apiserver.admission.PlacementPreview;
import io.berth.apiserver.aggregation.Aggregation;
import io.berth.apiserver.authn.Authentication;
import io.berth.apiserver.authz.Authorization;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.discovery.Discovery;
import io.berth.apiserver.discovery.OpenApi;
import io.berth.apiserver.http.BackendRelay;
import io.berth.apiserver.http.HttpRuntime;
import io.berth.apiserver.http.HttpsConfig;
import io.berth.apiserver.http.HttpsServer;
import io.berth.apiserver.http.NodeRelay;
import io.berth.apiserver.inprocess.InProcessTransport;
import io.berth.apiserver.kinds.AddressRange;
import io.berth.apiserver.kinds.ApiServerAddresses;
import io.berth.apiserver.kinds.FirstObjects;
import io.berth.apiserver.kinds.FirstPolicies;
import io.berth.apiserver.kinds.KindSettings;
import io.berth.apiserver.kinds.Kinds;
import io.berth.apiserver.kinds.PortRange;
import io.berth.apiserver.metrics.LiveMetrics;
import io.berth.apiserver.metrics.MetricKinds;
import io.berth.apiserver.pki.KeyedCertificate;
import io.berth.apiserver.pki.Kubeconfig;
import io.berth.apiserver.pki.Pki;
import io.berth.apiserver.registry.Computed;
import io.berth.apiserver.registry.ObjectStore;
import io.berth.apiserver.registry.ResourceHandler;
import io.berth.apiserver.server.ApiServer;
import io.berth.apiserver.server.Health;
import io.berth.apiserver.server.HealthCheck;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.MetricsPage;
import io.berth.apiserver.server.Router;
import io.berth.apiserver.server.ServedResources;
import io.berth.apiserver.server.ServerVersion;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.streaming.Connectors;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** An API server put together: store, watch cache, certificates, request pipeline, HTTPS. */
public final class ApiServerRoot implements AutoCloseable {
  /**
   * Where it serves.
   *
   * @param pki directory of the certificates
   * @param host address to listen at, {@code 0.0.0.0} for all
   * @param port port to listen at, none but a fixed one, since the cluster's own Service names it
   * @param addresses at which nodes and pods reach this server, no loopback ones
   * @param services the Services' addresses
   * @param vmOverhead what a virtual machine costs beside its containers, by resource
   */
  public record Settings(
      Path pki,
      String host,
      int port,
      List<String> addresses,
      AddressRange services,
      Map<String, String> vmOverhead) {}

  private final Parts parts = new Parts();
  private final SystemEnvironment environment;
  private final Pki pki;
  private final Settings settings;
  private final ApiServer api;
  private final WatchCache cache;
  private final ServedResources served;
  private final Authentication authentication;
  private final PlacementPreview preview = new PlacementPreview();

  /** The longest key to generate, which is made while all else starts. */
  private final FutureTask<KeyedCertificate> admin = new FutureTask<>(() -> pki().admin());

  /**
   * Starts to serve.
   *
   * @param store stays the caller's
   */
  public ApiServerRoot(
      SystemEnvironment environment,
      Settings settings,
      Store store,
      PrometheusMeterRegistry metrics)
      throws IOException, InterruptedException {
    this.environment = environment;
    this.settings = settings;
    pki = Pki.open(settings.pki(), store, environment.clock());
    environment.executor().execute(admin);
    cache = parts.add(new WatchCache(store, environment, metrics));
    cache.start();
    HttpRuntime runtime = parts.add(new HttpRuntime());
    served = new ServedResources(Resources.served(), MetricKinds.all());
    Authorization authorization = new Authorization(cache);
    authentication = new Authentication(pki, cache, environment.clock());
    NodeRelay relay = new NodeRelay(runtime, pki.kubeletClient(), pki.authority());
    KindSettings kinds = new KindSettings(settings.services(), PortRange.parse("30000-32767"));
    Map<Computed.Target, Computed> questions =
        authentication.questions(new ObjectStore(store, cache));
    ResourceHandler resources =
        Kinds.handler(store, cache, environment, kinds, authorization, questions, served, preview);
    resources.measure(new LiveMetrics(cache, relay, environment));
    api =
        new ApiServer(
            new Router(served),
            authorization.authorizer(),
            List.of(
                new Health(checks(store, cache)),
                new ServerVersion(),
                new Discovery(served),
                new OpenApi(served),
                new MetricsPage(metrics),
                authentication.documents()),
            Connectors.all(
                cache::find, relay, relay.trust(), environment.random(), resources::connect),
            metrics,
            environment.clock());
    FirstObjects.Settings first =
        new FirstObjects.Settings(settings.port(), settings.services(), settings.vmOverhead());
    new FirstObjects(resources, first).ensure();
    new FirstPolicies(resources, environment.executor()).ensure();
    parts
        .add(
            new ApiServerAddresses(
                resources, store, environment, settings.addresses(), settings.port()))
        .start();
    api.serve(resources);
    new Aggregation(
            store,
            cache,
            environment,
            served,
            resources,
            pki.authorityPem(),
            new BackendRelay(runtime),
            api,
            metrics)
        .start();
    HttpsServer https =
        new HttpsServer(runtime, environment, https(), api, authentication.authenticator());
    parts.add(https).start();
  }

  private HttpsConfig https() throws IOException {
    List<String> names = new ArrayList<>(settings.addresses());
    names.add(settings.services().first());
    return HttpsConfig.of(settings.host(), settings.port(), pki.apiServer(names), pki.authority());
  }

  private static List<HealthCheck> checks(Store store, WatchCache cache) {
    return List.of(
        new HealthCheck("etcd", true, store::health), // the name that probes know for the store
        new HealthCheck("watch-cache", false, cache::health));
  }

  public int port() {
    return settings.port();
  }

  public Pki pki() {
    return pki;
  }

  /** Where requests end once it is known who sends them. */
  public ApiServer api() {
    return api;
  }

  /** What requests are for, built in or not. */
  public ServedResources served() {
    return served;
  }

  /** Who sends requests. */
  public Authentication authentication() {
    return authentication;
  }

  /** What the watch cache holds. */
  public Optional<ApiObject> held(ObjectKey key) {
    return cache.find(key);
  }

  /** Requests from this process in the name of an identity. */
  public InProcessTransport transport(Identity identity) {
    return new InProcessTransport(api, identity, environment, cache::find);
  }

  /** Writes the administrator's kubeconfig. */
  public void writeKubeconfig(Path file) throws IOException, InterruptedException {
    Kubeconfig.write(
        file, "https://127.0.0.1:" + port(), pki.authorityPem(), "kubernetes-admin", adminKeys());
  }

  private KeyedCertificate adminKeys() throws IOException, InterruptedException {
    try {
      return admin.get();
    } catch (ExecutionException e) {
      throw new IOException("the administrator's certificate was not made", e.getCause());
    }
  }

  /** Lends a scheduler's judgement to who tries the creation of a pod. */
  public PlacementPreview placementPreview() {
    return preview;
  }

  @Override
  public void close() {
    parts.close();
  }
}
