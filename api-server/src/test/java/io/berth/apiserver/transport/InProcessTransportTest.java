package io.berth.apiserver.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.time.SimulatedEnvironment;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Transport;
import io.berth.apiserver.http.TestingCluster;
import io.berth.apiserver.inprocess.InProcessTransport;
import io.berth.apiserver.server.ApiServer;
import io.berth.apiserver.server.Authorizer;
import io.berth.apiserver.server.Frames;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.Responses;
import io.berth.apiserver.server.Router;
import io.berth.apiserver.server.ServedResources;
import io.berth.apiserver.server.Verb;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InProcessTransportTest extends TransportContract {
  @Override
  Transport admin(TestingCluster cluster) {
    return new InProcessTransport(
        cluster.api, Identity.of("kubernetes-admin", Identity.MASTERS), cluster.environment);
  }

  @Override
  Transport scheduler(TestingCluster cluster) {
    return new InProcessTransport(
        cluster.api, Identity.of(Identity.SCHEDULER), cluster.environment);
  }

  @Test
  void partsGoByTheNamesThatOwnersOfFieldsAreKnownBy() throws Exception {
    SimulatedEnvironment environment = new SimulatedEnvironment(1);
    ApiServer api =
        new ApiServer(
            new Router(ServedResources.builtIn()),
            (who, what) -> Authorizer.Decision.allow(""),
            List.of(),
            Map.of(),
            new SimpleMeterRegistry(),
            environment.clock());
    api.serve(
        (request, info, identity, sink) ->
            sink.send(Responses.text(200, String.valueOf(request.header("user-agent")))));
    ApiRequest post = ApiRequest.post("/api/v1/namespaces/default/pods", new byte[0]);
    Map<String, String> names =
        Map.of(
            Identity.SCHEDULER,
            "kube-scheduler",
            Identity.CONTROLLER_MANAGER,
            "kube-controller-manager",
            "system:node:n1",
            "kubelet",
            "somebody",
            "berth");
    for (var name : names.entrySet()) {
      Transport transport = new InProcessTransport(api, Identity.of(name.getKey()), environment);
      assertThat(new String(transport.send(post).body(), StandardCharsets.UTF_8))
          .isEqualTo(name.getValue());
      ApiRequest own = post.withHeader("user-agent", "mine/1");
      assertThat(new String(transport.send(own).body(), StandardCharsets.UTF_8))
          .isEqualTo("mine/1");
    }
  }

  @Test
  void underSimulatedTimeAllOfItRunsOnOneThread() throws Exception {
    SimulatedEnvironment environment = new SimulatedEnvironment(1);
    List<Frames> watches = new ArrayList<>();
    ApiServer api =
        new ApiServer(
            new Router(ServedResources.builtIn()),
            (who, what) -> Authorizer.Decision.allow(""),
            List.of(),
            Map.of(),
            new SimpleMeterRegistry(),
            environment.clock());
    api.serve(
        (request, info, identity, sink) -> {
          if (info.verb() == Verb.WATCH) {
            watches.add(sink.start(200, Responses.JSON_HEADERS));
          } else {
            sink.send(Responses.text(200, "ok"));
          }
        });
    Transport transport = new InProcessTransport(api, Identity.of("x"), environment);
    assertThat(transport.send(ApiRequest.get("/api/v1/pods")).status()).isEqualTo(200);
    RecordingListener listener = new RecordingListener(null);
    transport.stream(ApiRequest.get("/api/v1/pods").withQuery("watch", "1"), listener);
    environment.runReady();
    watches.getFirst().write("{}\n".getBytes(UTF_8));
    assertThat(listener.status).isCompletedWithValue(200);
    environment.runReady();
    assertThat(listener.await(1)).containsExactly("{}");
    watches.getFirst().end();
    environment.runReady();
    assertThat(listener.closes).hasValue(1);
    transport.close();
  }
}
