package io.berth.apiserver.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.codec.Json;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.api.transport.Errors;
import io.berth.api.transport.Transport;
import io.berth.apiserver.http.TestingCluster;
import io.berth.apiserver.server.Frames;
import io.berth.apiserver.server.RequestHandler;
import io.berth.apiserver.server.Responses;
import io.berth.apiserver.server.Verb;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every way to an API server keeps, whatever carries it. */
abstract class TransportContract {
  @TempDir Path directory;
  private final BlockingQueue<Frames> started = new LinkedBlockingQueue<>();
  private TestingCluster cluster;
  private Transport transport;

  /** A transport to the cluster for its administrator. */
  abstract Transport admin(TestingCluster cluster) throws Exception;

  /** One for the scheduler, who may not read secrets. */
  abstract Transport scheduler(TestingCluster cluster) throws Exception;

  private final RequestHandler handler =
      (request, info, identity, sink) -> {
        if (info.name().equals("missing")) {
          throw Errors.notFound(info.resource().groupResource(), "missing");
        }
        if (info.verb() == Verb.WATCH) {
          started.add(sink.start(200, Responses.JSON_HEADERS));
        } else if (info.name().equals("raw")) {
          started.add(sink.start(200, Map.of("content-type", "text/plain")));
        } else {
          var answer = Json.object().put("user", identity.name()).put("name", info.name());
          answer.put("query", request.query("labelSelector"));
          answer.put("type", request.header("content-type"));
          answer.put("body", new String(request.body(), UTF_8));
          sink.send(Responses.json(200, answer));
        }
      };

  @BeforeEach
  void start() throws Exception {
    cluster = new TestingCluster(directory, handler);
    transport = admin(cluster);
  }

  @AfterEach
  void stop() throws Exception {
    transport.close();
    cluster.close();
  }

  @Test
  void aRequestArrivesWholeAndItsAnswerComesBack() throws Exception {
    ApiRequest request =
        ApiRequest.patch(
                "/api/v1/namespaces/default/pods/a b:c",
                "application/merge-patch+json",
                bytes("{}"))
            .withQuery("labelSelector", "a=b,c in (d+e&f,ü)");
    ApiResponse response = transport.send(request);
    assertThat(response.status()).isEqualTo(200);
    assertThat(response.header("content-type")).isEqualTo("application/json");
    assertThat(Json.parse(response.body()))
        .isEqualTo(
            Json.parse(
                bytes(
                    "{'user':'kubernetes-admin','name':'a b:c','query':'a=b,c in (d+e&f,ü)',"
                            .replace('\'', '"')
                        + "\"type\":\"application/merge-patch+json\",\"body\":\"{}\"}")));
  }

  @Test
  void anErrorStatusIsAResponse() throws Exception {
    ApiResponse response =
        transport.send(ApiRequest.get("/api/v1/namespaces/default/pods/missing"));
    assertThat(response.status()).isEqualTo(404);
    assertThat(new String(response.body(), UTF_8)).contains("pods \\\"missing\\\" not found");
  }

  @Test
  void theIdentityIsHeldToItsRights() throws Exception {
    try (Transport restricted = scheduler(cluster)) {
      assertThat(restricted.send(ApiRequest.get("/api/v1/pods")).status()).isEqualTo(200);
      ApiResponse refused = restricted.send(ApiRequest.get("/api/v1/secrets"));
      assertThat(refused.status()).isEqualTo(403);
      assertThat(new String(refused.body(), UTF_8)).contains("system:kube-scheduler");
    }
  }

  @Test
  void aBodyOverTheLimitIsRefused() throws Exception {
    ApiRequest request =
        ApiRequest.post("/api/v1/namespaces/default/pods", new byte[(3 << 20) + 1]);
    assertThat(transport.send(request).status()).isEqualTo(413);
  }

  @Test
  void aWatchDeliversEachEventAsAFrameAndEnds() throws Exception {
    RecordingListener listener = new RecordingListener(null);
    transport.stream(watch(), listener);
    Frames frames = take();
    assertThat(listener.status.get(5, TimeUnit.SECONDS)).isEqualTo(200);
    List<String> written = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      written.add("{\"i\":" + i + "}");
      frames.write(bytes(written.getLast() + "\n"));
    }
    assertThat(listener.await(300)).isEqualTo(written);
    frames.end();
    assertThat(listener.closed.await(5, TimeUnit.SECONDS)).isTrue();
    assertThat(listener.cause).isNull();
    assertThat(listener.closes).hasValue(1);
  }

  @Test
  void aRawStreamKeepsEveryByte() throws Exception {
    RecordingListener listener = new RecordingListener(null);
    transport.stream(ApiRequest.get("/api/v1/namespaces/default/pods/raw"), listener);
    Frames frames = take();
    frames.write(bytes("one\n"));
    frames.write(bytes("two"));
    frames.write(bytes("\n\n"));
    frames.end();
    assertThat(listener.closed.await(5, TimeUnit.SECONDS)).isTrue();
    assertThat(listener.bytes()).isEqualTo(bytes("one\ntwo\n\n"));
  }

  @Test
  void aStreamThatIsRefusedDeliversTheStatus() throws Exception {
    RecordingListener listener = new RecordingListener(null);
    transport.stream(ApiRequest.get("/api/v1/namespaces/default/pods/missing"), listener);
    assertThat(listener.status.get(5, TimeUnit.SECONDS)).isEqualTo(404);
    assertThat(listener.closed.await(5, TimeUnit.SECONDS)).isTrue();
    assertThat(Json.parse(listener.bytes()).path("reason").asText()).isEqualTo("NotFound");
    assertThat(listener.cause).isNull();
  }

  @Test
  void cancellingReachesTheServerAndClosesOnce() throws Exception {
    RecordingListener listener = new RecordingListener(null);
    Transport.Stream stream = transport.stream(watch(), listener);
    Frames frames = take();
    CountDownLatch gone = new CountDownLatch(1);
    frames.onClosed(gone::countDown);
    frames.write(bytes("{}\n"));
    listener.await(1);
    stream.cancel();
    stream.cancel();
    assertThat(gone.await(5, TimeUnit.SECONDS)).isTrue();
    assertThat(listener.closed.await(5, TimeUnit.SECONDS)).isTrue();
    assertThat(listener.cause).isNull();
    assertThat(listener.closes).hasValue(1);
    assertThat(frames.write(bytes("{}\n"))).isFalse();
  }

  @Test
  void aListenerThatIsTooSlowIsCutAndHoldsUpNobodyElse() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    RecordingListener slow = new RecordingListener(gate);
    transport.stream(watch(), slow);
    Frames frames = take();
    byte[] frame = bytes("\"" + "x".repeat(1 << 20) + "\"\n");
    boolean cut = false;
    for (int i = 0; i < 64 && !cut; i++) {
      cut = !frames.write(frame);
    }
    assertThat(cut).isTrue();
    assertThat(transport.send(ApiRequest.get("/api/v1/pods")).status()).isEqualTo(200);
    gate.countDown();
    assertThat(slow.closed.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(slow.cause).isNotNull();
  }

  @Test
  void closingTheTransportEndsItsStreams() throws Exception {
    RecordingListener listener = new RecordingListener(null);
    transport.stream(watch(), listener);
    Frames frames = take();
    CountDownLatch gone = new CountDownLatch(1);
    frames.onClosed(gone::countDown);
    listener.status.get(5, TimeUnit.SECONDS);
    transport.close();
    assertThat(gone.await(5, TimeUnit.SECONDS)).isTrue();
    assertThat(listener.closed.await(5, TimeUnit.SECONDS)).isTrue();
  }

  private Frames take() throws InterruptedException {
    Frames frames = started.poll(5, TimeUnit.SECONDS);
    assertThat(frames).isNotNull();
    return frames;
  }

  private static ApiRequest watch() {
    return ApiRequest.get("/api/v1/pods").withQuery("watch", "true");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
