package io.berth.apiserver.aggregation;

import io.berth.api.time.Clock;
import io.berth.apiserver.pki.KeyedCertificate;
import io.berth.apiserver.webhook.HttpsCall;
import io.berth.apiserver.webhook.WebhookClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * This server's own questions to further API servers: as a master, with the front proxy's
 * certificate. Safe for use by many threads.
 */
final class RemoteCalls {
  private static final int MAX_CONTEXTS = 200;
  private static final String ANYONE = "*";
  private static final Map<String, String> SENDER =
      Map.of("X-Remote-User", "system:kube-aggregator", "X-Remote-Group", "system:masters");

  private final KeyedCertificate own;
  private final Clock clock;
  private final Map<String, SSLContext> contexts = new ConcurrentHashMap<>();

  RemoteCalls(KeyedCertificate own, Clock clock) {
    this.own = own;
    this.clock = clock;
  }

  /**
   * @param headers beside those that say who asks
   * @throws javax.net.ssl.SSLException whoever answers is not trusted
   * @throws IOException no whole answer came
   */
  HttpsCall.Answer get(
      Registered of,
      Registered.ServiceName service,
      InetSocketAddress address,
      String path,
      Map<String, String> headers,
      Duration limit)
      throws IOException {
    return send(of.insecure() ? ANYONE : of.bundle(), service, address, path, headers, limit);
  }

  /** The same, whoever answers. */
  HttpsCall.Answer getFromAnyone(
      Registered.ServiceName service, InetSocketAddress address, String path, Duration limit)
      throws IOException {
    return send(ANYONE, service, address, path, Map.of(), limit);
  }

  private HttpsCall.Answer send(
      String trust,
      Registered.ServiceName service,
      InetSocketAddress address,
      String path,
      Map<String, String> headers,
      Duration limit)
      throws IOException {
    Map<String, String> all = new TreeMap<>(SENDER);
    all.put("Accept", "application/json");
    all.put("User-Agent", "kube-apiserver");
    all.putAll(headers);
    HttpsCall.Target target =
        new HttpsCall.Target(address, service.host(), service.host() + ":" + service.port());
    return new HttpsCall(context(trust), !trust.equals(ANYONE), clock)
        .send(target, "GET", path, all, new byte[0], limit);
  }

  private SSLContext context(String trust) throws IOException {
    SSLContext known = contexts.get(trust);
    if (known != null) {
      return known;
    }
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys(), trusted(trust), null);
      if (contexts.size() >= MAX_CONTEXTS) {
        contexts.clear();
      }
      contexts.put(trust, context);
      return context;
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException("unable to load root certificates: " + e.getMessage(), e);
    }
  }

  private static TrustManager @Nullable [] trusted(String trust)
      throws GeneralSecurityException, IOException {
    if (trust.equals(ANYONE)) {
      return new TrustManager[] {new Anyone()};
    }
    return trust.isEmpty() ? null : WebhookClient.trust(trust);
  }

  private KeyManager[] keys() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    char[] password = new char[0];
    store.setKeyEntry("own", own.key(), password, new Certificate[] {own.certificate()});
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, password);
    return factory.getKeyManagers();
  }

  /** Trusts whoever answers, by any name. */
  private static final class Anyone extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
