package io.berth.apiserver;

import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.time.SystemEnvironment;
import io.berth.api.transport.ApiRequest;
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
import io.berth.apiserver.kinds.FirstObjects;
import io.berth.apiserver.kinds.FirstPolicies;
import io.berth.apiserver.kinds.KindSettings;
import io.berth.apiserver.kinds.Kinds;
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
import io.berth.apiserver.server.ProcessMetrics;
import io.berth.apiserver.server.Router;
import io.berth.apiserver.server.ServedResources;
import io.berth.apiserver.server.ServerVersion;
import io.berth.apiserver.store.MeteredStore;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.memory.MemoryStore;
import io.berth.apiserver.streaming.Connectors;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** A whole API server over a store in memory: for real clients in tests, and by hand. */
public final class TestingServer implements AutoCloseable {
  private final SystemEnvironment environment = new SystemEnvironment();
  private final HttpRuntime runtime = new HttpRuntime();
  private final WatchCache cache;
  private final HttpsServer https;
  private final Authentication authentication;
  private final InProcessTransport admin;
  private final ApiServer api;
  private final ServedResources served = ServedResources.builtIn();
  private final Pki pki;
  private final int boundPort;

  /**
   * @param directory gets the certificates and {@code admin.kubeconfig}
   * @param port 0 for any
   */
  public TestingServer(Path directory, int port) throws Exception {
    PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    new ProcessMetrics().bindTo(metrics);
    Store store = new MeteredStore(new MemoryStore(environment), metrics, environment.clock());
    pki = Pki.open(directory.resolve("pki"), store, environment.clock());
    cache = new WatchCache(store, environment, metrics);
    cache.start();
    Authorization authorization = new Authorization(cache);
    authentication = new Authentication(pki, cache, environment.clock());
    NodeRelay relay = new NodeRelay(runtime, pki.kubeletClient(), pki.authority());
    api =
        new ApiServer(
            new Router(served),
            authorization.authorizer(),
            List.of(
                new Health(
                    List.of(
                        new HealthCheck("etcd", true, store::health),
                        new HealthCheck("watch-cache", false, cache::health))),
                new ServerVersion(),
                new Discovery(served),
                new OpenApi(served),
                new MetricsPage(metrics),
                authentication.documents()),
            Connectors.all(cache::find, relay, relay.trust(), environment.random()),
            metrics,
            environment.clock());
    https =
        new HttpsServer(
            runtime,
            environment,
            HttpsConfig.of("127.0.0.1", port, pki.apiServer(List.of()), pki.authority()),
            api,
            authentication.authenticator());
    boundPort = https.start();
    Map<Computed.Target, Computed> questions =
        authentication.questions(new ObjectStore(store, cache));
    ResourceHandler resources =
        Kinds.handler(
            store, cache, environment, KindSettings.defaults(), authorization, questions, served);
    FirstObjects.Settings first =
        new FirstObjects.Settings(boundPort, AddressRange.parse("10.96.0.0/16"), Map.of());
    new FirstObjects(resources, first).ensure();
    new FirstPolicies(resources, environment.executor()).ensure();
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
    Kubeconfig.write(
        directory.resolve("admin.kubeconfig"),
        "https://127.0.0.1:" + boundPort,
        pki.authorityPem(),
        "kubernetes-admin",
        pki.admin());
    admin =
        new InProcessTransport(api, Identity.of("kubernetes-admin", Identity.MASTERS), environment);
    create("/api/v1/namespaces/default/serviceaccounts", "{'metadata':{'name':'default'}}");
  }

  /** Where requests end once it is known who sends them. */
  public ApiServer api() {
    return api;
  }

  public ServedResources served() {
    return served;
  }

  /** The certificates that clients of it show and trust. */
  public Pki pki() {
    return pki;
  }

  public int port() {
    return boundPort;
  }

  /** Whom a bearer token names; 401 where it does not hold. */
  public Identity bearer(String token) {
    return authentication.authenticator().authenticate(null, "Bearer " + token);
  }

  /** A client in this process that acts as somebody. */
  public InProcessTransport as(Identity identity) {
    return new InProcessTransport(api, identity, environment, cache::find);
  }

  /** What the watch cache holds. */
  public Optional<ApiObject> held(ObjectKey key) {
    return cache.find(key);
  }

  public SystemEnvironment environment() {
    return environment;
  }

  /** Creates an object, given with single quotes. */
  public void create(String path, String json) throws Exception {
    byte[] body = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    admin.send(ApiRequest.post(path, body)).orThrow();
  }

  @Override
  public void close() {
    https.close();
    cache.close();
    runtime.close();
    environment.close();
  }

  public static void main(String[] arguments) throws Exception {
    long began = System.nanoTime();
    new TestingServer(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
    System.out.println("ready after ms=" + (System.nanoTime() - began) / 1_000_000);
    new CountDownLatch(1).await();
  }
}
