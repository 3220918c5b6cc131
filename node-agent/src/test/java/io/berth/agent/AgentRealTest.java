package io.berth.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.runtime.cri.CriDriver;
import io.berth.api.resource.Resources;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A pod's whole life on a real containerd. */
@Tag("real")
@Timeout(120)
class AgentRealTest {
  @SuppressWarnings("NullAway.Init")
  private static RealWorld world;

  @BeforeAll
  static void start() throws Exception {
    world = new RealWorld("agent", "10.213.9.0/24");
  }

  @AfterAll
  static void stop() throws Exception {
    world.close();
  }

  private static String ready(String pod) {
    for (JsonNode condition : world.status(pod).path("conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition.path("status").asText();
      }
    }
    return "";
  }

  @Test
  void aPodLivesAndDiesAndOutlivesItsAgent() throws Exception {
    Agent agent = world.agent();
    world.put(
        Resources.CONFIG_MAPS,
        "{\"metadata\":{\"namespace\":\"default\",\"name\":\"page\"},\"data\":{\"index.html\":\"hi\"}}");
    world.pod(
        "web",
        """
        "volumes":[{"name":"page","configMap":{"name":"page"}},
                   {"name":"scratch","emptyDir":{"medium":"Memory","sizeLimit":"1Mi"}}]\
        """,
        """
        "image":"IMAGE","imagePullPolicy":"IfNotPresent",
        "command":["sh","-c","echo begun; httpd -f -p 80 -h /page"],
        "ports":[{"name":"http","containerPort":80}],
        "volumeMounts":[{"name":"page","mountPath":"/page"},
                        {"name":"scratch","mountPath":"/scratch"}],
        "readinessProbe":{"httpGet":{"path":"/","port":"http"},"periodSeconds":1},
        "livenessProbe":{"exec":{"command":["grep","hi","/page/index.html"]}},
        "resources":{"limits":{"memory":"32Mi","cpu":"200m"}}\
        """);
    world.await("web", () -> world.status("web").path("phase").asText().equals("Running"));
    world.await("web", () -> ready("web").equals("True"));
    String id = world.container("web").path("containerID").asText();
    agent.pause();

    CriDriver second = new CriDriver(world.node.environment, world.node.client, "agent", 8L << 30);
    Agent next = world.agent(second);
    LockSupport.parkNanos(1_500_000_000);
    JsonNode container = world.container("web");
    assertThat(container.path("containerID").asText()).isEqualTo(id);
    assertThat(container.path("restartCount").asInt()).isZero();
    assertThat(ready("web")).isEqualTo("True");

    world.delete("web");
    world.await("web", () -> second.sandboxes().isEmpty());
    assertThat(world.node.directory.resolve("agent/pods")).isEmptyDirectory();
    next.pause();
  }
}
