package io.berth.apiserver.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.api.transport.ApiRequest;
import io.berth.apiserver.server.Backend;
import io.berth.apiserver.server.TestingSink;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BackendRelayTest {
  @Test
  void aServerThatNeverAnswersIsGivenUpAndItsConnectionClosed() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        HttpRuntime runtime = new HttpRuntime()) {
      BackendRelay relay = new BackendRelay(runtime, Duration.ofMillis(800));
      Backend backend =
          new Backend(
              "127.0.0.1",
              silent.getLocalPort(),
              null,
              new Backend.Plain(),
              "/x",
              Map.of(),
              List.of(),
              null,
              null);
      assertThatThrownBy(() -> relay.forward(ApiRequest.get("/x"), backend, new TestingSink()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("no answer within");
      try (Socket accepted = silent.accept()) {
        accepted.setSoTimeout(10_000);
        byte[] sent = accepted.getInputStream().readAllBytes(); // up to the end
        assertThat(new String(sent, US_ASCII)).startsWith("GET /x HTTP/1.1");
      }
    }
  }
}
