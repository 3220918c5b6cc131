package io.berth.apiserver.http;

import io.berth.api.time.SystemEnvironment;
import io.berth.apiserver.authn.Authenticator;
import io.berth.apiserver.authn.ClientCertificates;
import io.berth.apiserver.authn.ServiceAccountTokens;
import io.berth.apiserver.authz.Authorization;
import io.berth.apiserver.authz.TestingNodeObjects;
import io.berth.apiserver.authz.TestingPolicies;
import io.berth.apiserver.discovery.Discovery;
import io.berth.apiserver.pki.KeyedCertificate;
import io.berth.apiserver.pki.Pki;
import io.berth.apiserver.server.ApiServer;
import io.berth.apiserver.server.Health;
import io.berth.apiserver.server.RequestHandler;
import io.berth.apiserver.server.Router;
import io.berth.apiserver.server.ServedResources;
import io.berth.apiserver.server.ServerVersion;
import io.berth.apiserver.store.memory.MemoryStore;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** A served API on a free port, with whatever handlers a test wants, and clients for it. */
public final class TestingCluster implements AutoCloseable {
  public final SystemEnvironment environment = new SystemEnvironment();
  public final HttpRuntime runtime = new HttpRuntime();
  public final Pki pki;
  public final ApiServer api;
  public final ServiceAccountTokens tokens;
  public final HttpsServer server;
  public final int port;

  public TestingCluster(Path directory, RequestHandler handler) throws Exception {
    this(directory, handler, Map.of(), config -> config);
  }

  public TestingCluster(
      Path directory,
      RequestHandler handler,
      Map<String, RequestHandler> connectors,
      UnaryOperator<HttpsConfig> configure)
      throws Exception {
    pki = Pki.open(directory, new MemoryStore(environment), environment.clock());
    ServedResources served = ServedResources.builtIn();
    api =
        new ApiServer(
            new Router(served),
            new Authorization(TestingPolicies.bootstrap(), new TestingNodeObjects()).authorizer(),
            List.of(new Health(List.of()), new ServerVersion(), new Discovery(served)),
            connectors,
            new SimpleMeterRegistry(),
            environment.clock());
    api.serve(handler);
    tokens =
        new ServiceAccountTokens(
            pki.tokenKey(),
            pki.tokenPublicKey(),
            (resource, namespace, name) -> name + "-uid",
            environment.clock());
    Authenticator authenticator =
        new Authenticator(new ClientCertificates(pki.authority()), tokens, environment.clock());
    HttpsConfig config =
        HttpsConfig.of("127.0.0.1", 0, pki.apiServer(List.of("10.96.0.1")), pki.authority());
    server = new HttpsServer(runtime, environment, configure.apply(config), api, authenticator);
    port = server.start();
  }

  public URI uri(String target) {
    return URI.create("https://127.0.0.1:" + port + target);
  }

  public HttpRequest.Builder request(String target) {
    return HttpRequest.newBuilder(uri(target)).timeout(Duration.ofSeconds(10));
  }

  public HttpClient client(@Nullable KeyedCertificate identity, HttpClient.Version version)
      throws Exception {
    return HttpClient.newBuilder().sslContext(tls(identity)).version(version).build();
  }

  public HttpClient admin() throws Exception {
    return client(pki.admin(), HttpClient.Version.HTTP_1_1);
  }

  public SSLContext tls(@Nullable KeyedCertificate identity) throws Exception {
    return tls(pki.authority(), identity);
  }

  public static SSLContext tls(X509Certificate authority, @Nullable KeyedCertificate identity)
      throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("ca", authority);
    char[] password = new char[0];
    if (identity != null) {
      store.setKeyEntry("me", identity.key(), password, new Certificate[] {identity.certificate()});
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, password);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  @Override
  public void close() throws InterruptedException {
    server.close();
    runtime.close();
    if (!environment.closeAndWait(Duration.ofSeconds(20))) {
      throw new IllegalStateException("work goes on after the server has closed");
    }
  }
}
