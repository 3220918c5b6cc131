package io.berth.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.time.SystemEnvironment;
import io.berth.cli.kube.Waiting;
import io.berth.cli.up.TestingCluster;
import io.kubernetes.client.Attach;
import io.kubernetes.client.Exec;
import io.kubernetes.client.PodLogs;
import io.kubernetes.client.PortForward;
import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.openapi.ApiException;
import io.kubernetes.client.openapi.Pair;
import io.kubernetes.client.openapi.apis.AuthenticationV1Api;
import io.kubernetes.client.openapi.apis.CoreV1Api;
import io.kubernetes.client.openapi.models.AuthenticationV1TokenRequest;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Pod;
import io.kubernetes.client.openapi.models.V1SelfSubjectReview;
import io.kubernetes.client.openapi.models.V1TokenRequestSpec;
import io.kubernetes.client.openapi.models.V1TokenRequestStatus;
import io.kubernetes.client.util.ClientBuilder;
import io.kubernetes.client.util.Config;
import io.kubernetes.client.util.KubeConfig;
import io.kubernetes.client.util.WebSockets;
import io.kubernetes.client.util.Yaml;
import io.kubernetes.client.util.credentials.AccessTokenAuthentication;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.Reader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import okhttp3.WebSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kubernetes' own Java client against a cluster in memory: what streams, and tokens. */
@Tag("real")
@Timeout(60)
class JavaClientStreamsTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String NAMESPACE = "default";

  @TempDir private static Path scratch;
  private static final SystemEnvironment environment = new SystemEnvironment();
  private static TestingCluster cluster;
  private static ApiClient client;
  private static CoreV1Api core;

  @BeforeAll
  static void start() throws Exception {
    cluster = new TestingCluster(scratch, 1);
    client = Config.fromConfig(cluster.kubeconfig().toString());
    core = new CoreV1Api(client);
    V1Pod pod =
        Yaml.loadAs(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: talks}
            spec:
              terminationGracePeriodSeconds: 0
              containers:
              - name: main
                image: busybox
                imagePullPolicy: Never
                command: [sh, -c, "echo hello; sleep 1; echo again; sleep infinity"]
              - {name: echo, image: busybox, imagePullPolicy: Never, command: [sh, -c, "cat; sleep infinity"], stdin: true}
            """,
            V1Pod.class);
    core.createNamespacedPod(NAMESPACE, pod).execute();
    eventually(
        () -> {
          try {
            var status = core.readNamespacedPodStatus("talks", NAMESPACE).execute().getStatus();
            return "Running".equals(status.getPhase());
          } catch (ApiException e) {
            throw new IllegalStateException(e.getResponseBody(), e);
          }
        });
  }

  @AfterAll
  static void stop() {
    client.getHttpClient().dispatcher().executorService().shutdown();
    client.getHttpClient().connectionPool().evictAll();
    cluster.close();
    environment.close();
  }

  private static void eventually(BooleanSupplier condition) {
    assertThat(new Waiting(environment, LIMIT).until(condition)).isTrue();
  }

  @Test
  void commandsKeepStreamsApartAndReturnTheExitCode() throws Exception {
    Process process =
        new Exec(client)
            .newExecutionBuilder(
                NAMESPACE, "talks", new String[] {"sh", "-c", "echo out; echo err >&2; exit 4"})
            .setContainer("main")
            .setStdout(true)
            .setStderr(true)
            .execute();
    InputStream out = process.getInputStream();
    InputStream err = process.getErrorStream();
    assertThat(out.readAllBytes()).asString(UTF_8).isEqualTo("out\n");
    assertThat(err.readAllBytes()).asString(UTF_8).isEqualTo("err\n");
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(4);
  }

  @Test
  void whatIsTypedReachesAnAttachedContainer() throws Exception {
    try (Attach.AttachResult attached =
        new Attach(client)
            .newConnectionBuilder(NAMESPACE, "talks")
            .setContainer("echo")
            .setStdin(true)
            .setStdout(true)
            .connect()) {
      OutputStream in = attached.getStandardInputStream();
      in.write("typed\n".getBytes(UTF_8));
      in.flush();
      assertThat(attached.getStandardOutputStream().readNBytes(6))
          .asString(UTF_8)
          .isEqualTo("typed\n");
    }
  }

  @Test
  void portsAreForwarded() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread answering = Thread.ofVirtual().start(() -> answer(server));
      int port = server.getLocalPort();
      try (PortForward.PortForwardResult forward =
          new PortForward(client).forward(NAMESPACE, "talks", List.of(port))) {
        OutputStream out = forward.getOutboundStream(port);
        out.write("ping".getBytes(UTF_8));
        out.flush();
        assertThat(forward.getInputStream(port).readNBytes(4)).asString(UTF_8).isEqualTo("ping");
      }
      answering.join();
    }
  }

  private static void answer(ServerSocket server) {
    try (Socket socket = server.accept()) {
      socket.getOutputStream().write(socket.getInputStream().readNBytes(4));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void logsAreFollowed() throws Exception {
    assertThat(
            core.readNamespacedPodLog("talks", NAMESPACE).container("main").limitBytes(3).execute())
        .isEqualTo("hel");
    try (InputStream log = new PodLogs(client).streamNamespacedPodLog(NAMESPACE, "talks", "main");
        BufferedReader lines = new BufferedReader(new InputStreamReader(log, UTF_8))) {
      assertThat(lines.readLine()).isEqualTo("hello");
      assertThat(lines.readLine()).isEqualTo("again"); // only written a second later
    }
  }

  @Test
  void aTokenThatWasAskedForIsWhoItIsFor() throws ApiException, IOException {
    AuthenticationV1TokenRequest request =
        core.createNamespacedServiceAccountToken(
                "default",
                NAMESPACE,
                new AuthenticationV1TokenRequest()
                    .spec(new V1TokenRequestSpec().audiences(List.of()).expirationSeconds(600L)))
            .execute();
    V1TokenRequestStatus status = request.getStatus();
    assertThat(status.getExpirationTimestamp()).isAfter(OffsetDateTime.now(ZoneOffset.UTC));
    ApiClient robot =
        new ClientBuilder()
            .setBasePath(client.getBasePath())
            .setCertificateAuthority(authority())
            .setAuthentication(new AccessTokenAuthentication(status.getToken()))
            .build();
    assertThat(
            new AuthenticationV1Api(robot)
                .createSelfSubjectReview(new V1SelfSubjectReview())
                .execute()
                .getStatus()
                .getUserInfo()
                .getUsername())
        .isEqualTo("system:serviceaccount:default:default");
  }

  private static byte[] authority() throws IOException {
    try (Reader file = Files.newBufferedReader(cluster.kubeconfig())) {
      String encoded = KubeConfig.loadKubeConfig(file).getCertificateAuthorityData();
      return Base64.getDecoder().decode(encoded);
    }
  }

  @Test
  void watchesByWebSocketTellEveryChange() throws Exception {
    List<String> events = new CopyOnWriteArrayList<>();
    CountDownLatch open = new CountDownLatch(1);
    WebSockets.stream(
        "/api/v1/namespaces/default/configmaps",
        "GET",
        List.of(
            new Pair("watch", "true"),
            new Pair("fieldSelector", "metadata.name=by-socket"),
            new Pair("timeoutSeconds", "20")),
        client,
        new WebSockets.SocketListener() {
          @Override
          public void open(String protocol, WebSocket socket) {
            open.countDown();
          }

          @Override
          public void bytesMessage(InputStream bytes) {
            events.add("bytes");
          }

          @Override
          public void textMessage(Reader text) {
            try {
              StringWriter all = new StringWriter();
              text.transferTo(all);
              events.add(all.toString());
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }

          @Override
          public void failure(Throwable cause) {
            events.add(cause.toString());
          }

          @Override
          public void close() {}
        });
    assertThat(open.await(30, TimeUnit.SECONDS)).isTrue();
    V1ConfigMap map = new V1ConfigMap().metadata(new V1ObjectMeta().name("by-socket"));
    core.createNamespacedConfigMap(NAMESPACE, map).execute();
    core.deleteNamespacedConfigMap("by-socket", NAMESPACE).execute();
    eventually(() -> events.size() >= 2);
    assertThat(events.get(0)).startsWith("{\"type\":\"ADDED\"");
    assertThat(events.get(1)).startsWith("{\"type\":\"DELETED\"");
  }
}
