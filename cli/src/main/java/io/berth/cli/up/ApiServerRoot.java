package io.berth.cli.up;

import io.berth.api.time.SystemEnvironment;
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
import io.berth.client.ApiClient;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** An API server put together: store, watch cache, certificates, request pipeline, HTTPS. */
final class ApiServerRoot implements AutoCloseable {
  /**
   * What a machine costs beside its containers: QEMU's own memory, measured, and the guest's
   * kernel.
   */
  private static final Map<String, String> VM_OVERHEAD = Map.of("cpu", "100m", "memory", "208Mi");

  private final Parts parts = new Parts();
  private final SystemEnvironment environment;
  private final Pki pki;
  private final ApiServer api;
  private final int port;
  private final WatchCache cache;

  /** The longest key to generate, which is made while all else starts. */
  private final FutureTask<KeyedCertificate> admin = new FutureTask<>(() -> pki().admin());

  /**
   * Starts to serve.
   *
   * @param store stays the caller's
   * @param addresses at which nodes and pods reach this server, no loopback ones
   * @param alive what else is to be well, by name
   */
  ApiServerRoot(
      SystemEnvironment environment,
      UpOptions options,
      Store store,
      PrometheusMeterRegistry metrics,
      List<String> addresses,
      List<HealthCheck> alive)
      throws IOException, InterruptedException {
    this.environment = environment;
    AddressRange services = AddressRange.parse(options.serviceCidr());
    pki = Pki.open(options.directory().pki(), store, environment.clock());
    environment.executor().execute(admin);
    cache = parts.add(new WatchCache(store, environment, metrics));
    cache.start();
    HttpRuntime runtime = parts.add(new HttpRuntime());
    ServedResources served = ServedResources.builtIn();
    Authorization authorization = new Authorization(cache);
    Authentication authentication = new Authentication(pki, cache, environment.clock());
    NodeRelay relay = new NodeRelay(runtime, pki.kubeletClient(), pki.authority());
    api =
        new ApiServer(
            new Router(served),
            authorization.authorizer(),
            List.of(
                new Health(checks(store, cache, alive)),
                new ServerVersion(),
                new Discovery(served),
                new OpenApi(served),
                new MetricsPage(metrics),
                authentication.documents()),
            Connectors.all(cache::find, relay, relay.trust(), environment.random()),
            metrics,
            environment.clock());
    KindSettings kinds = new KindSettings(services, PortRange.parse("30000-32767"));
    Map<Computed.Target, Computed> questions =
        authentication.questions(new ObjectStore(store, cache));
    ResourceHandler resources =
        Kinds.handler(store, cache, environment, kinds, authorization, questions, served);
    FirstObjects.Settings first = new FirstObjects.Settings(options.port(), services, VM_OVERHEAD);
    new FirstObjects(resources, first).ensure();
    new FirstPolicies(resources, environment.executor()).ensure();
    parts
        .add(new ApiServerAddresses(resources, store, environment, addresses, options.port()))
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
        new HttpsServer(
            runtime, environment, https(options, addresses), api, authentication.authenticator());
    port = parts.add(https).start();
  }

  private HttpsConfig https(UpOptions options, List<String> addresses) throws IOException {
    List<String> names = new ArrayList<>(addresses);
    names.add(AddressRange.parse(options.serviceCidr()).first());
    return HttpsConfig.of("0.0.0.0", options.port(), pki.apiServer(names), pki.authority());
  }

  private static List<HealthCheck> checks(Store store, WatchCache cache, List<HealthCheck> more) {
    List<HealthCheck> checks = new ArrayList<>();
    checks.add(
        new HealthCheck("etcd", true, store::health)); // the name that probes know for the store
    checks.add(new HealthCheck("watch-cache", false, cache::health));
    checks.addAll(more);
    return checks;
  }

  int port() {
    return port;
  }

  Pki pki() {
    return pki;
  }

  /** A client in this process that acts as the identity. */
  ApiClient client(Identity identity) {
    return new ApiClient(new InProcessTransport(api, identity, environment, cache::find));
  }

  void writeKubeconfig(Path file) throws IOException, InterruptedException {
    Kubeconfig.write(
        file, "https://127.0.0.1:" + port, pki.authorityPem(), "kubernetes-admin", adminKeys());
  }

  private KeyedCertificate adminKeys() throws IOException, InterruptedException {
    try {
      return admin.get();
    } catch (ExecutionException e) {
      throw new IOException("the administrator's certificate was not made", e.getCause());
    }
  }

  @Override
  public void close() {
    parts.close();
  }
}
