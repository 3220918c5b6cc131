package io.berth.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.apiserver.inprocess.InProcessTransport;
import io.berth.apiserver.server.Identity;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients hear of what is odd about a request also where it is refused for another reason. */
class WarningsTest {
  private static final String MAPS = "/api/v1/namespaces/default/configmaps";

  private static byte[] bytes(String json) {
    return json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void anUnknownFieldIsWarnedOfWithTheRefusal(@TempDir Path directory) throws Exception {
    try (TestingServer server = new TestingServer(directory);
        InProcessTransport admin = server.as(Identity.of("admin", Identity.MASTERS))) {
      String warning = "299 - \"unknown field \\\"foo\\\"\"";
      ApiResponse refused =
          admin.send(ApiRequest.post(MAPS, bytes("{'metadata':{'name':'UPPER'},'foo':1}")));
      assertThat(refused.status()).isEqualTo(422);
      assertThat(refused.header("warning")).isEqualTo(warning);
      ApiResponse created =
          admin.send(ApiRequest.post(MAPS, bytes("{'metadata':{'name':'m'},'foo':1}")));
      assertThat(created.header("warning")).isEqualTo(warning);
      ApiResponse patched =
          admin.send(
              ApiRequest.patch(
                  MAPS + "/m",
                  "application/merge-patch+json",
                  bytes("{'metadata':{'resourceVersion':'1'},'foo':1}")));
      assertThat(patched.status()).isEqualTo(409);
      assertThat(patched.header("warning")).isEqualTo(warning);
    }
  }
}
