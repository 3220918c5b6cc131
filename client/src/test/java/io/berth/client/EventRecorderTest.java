package io.berth.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.api.time.SimulatedEnvironment;
import io.berth.client.testing.FakeApi;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventRecorderTest {
  private final SimulatedEnvironment world = new SimulatedEnvironment(1);
  private final FakeApi api = new FakeApi(world);
  private final ApiClient client = new ApiClient(api);
  private final EventRecorder events = new EventRecorder(client, world, "tester", "");
  private final ApiObject pod = createPod();

  private ApiObject createPod() {
    ObjectNode made = Json.object().put("apiVersion", "v1").put("kind", "Pod");
    made.putObject("metadata").put("name", "p").put("namespace", "default");
    return client.create(Resources.PODS, "default", made);
  }

  private List<ObjectNode> written() {
    world.advance(Duration.ofSeconds(1));
    return api.list(Resources.EVENTS, "default");
  }

  @Test
  void aRepeatRaisesTheCount() {
    events.event(pod, "Normal", "Tried", "again");
    events.event(pod, "Normal", "Tried", "again");
    events.event(pod, "Normal", "Tried", "otherwise");
    assertThat(written())
        .extracting(e -> e.path("message").asText() + " " + e.path("count").asInt())
        .containsExactlyInAnyOrder("again 2", "otherwise 1");
  }

  @Test
  void whatComesWhenTheQueueIsFullIsCountedAndTheRestIsWritten() {
    int extra = 3;
    for (int i = 0; i < EventRecorder.QUEUE + extra; i++) {
      events.event(pod, "Normal", "Tried", "again");
    }
    assertThat(events.dropped()).isEqualTo(extra);
    assertThat(written())
        .singleElement()
        .satisfies(e -> assertThat(e.path("count").asInt()).isEqualTo(EventRecorder.QUEUE));
    events.event(pod, "Normal", "Tried", "later");
    assertThat(written()).hasSize(2);
    assertThat(events.dropped()).isEqualTo(extra);
  }
}
