package io.berth.api.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.defaults.Defaults;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Fields that Kubernetes' own types always write are shown also where nobody set them. */
class ShownZerosTest {
  private static ObjectNode json(String text) {
    return (ObjectNode) Json.parse(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static void becomes(ResourceDefinition resource, String given, String wanted) {
    ObjectNode object = json(given);
    Defaults.apply(resource, object);
    assertThat(object).isEqualTo(json(wanted));
    Defaults.apply(resource, object);
    assertThat(object).isEqualTo(json(wanted));
  }

  @Test
  void listsThatAreNotThereAreNull() {
    becomes(Resources.ROLES, "{}", "{'rules':null}");
    becomes(Resources.CLUSTER_ROLES, "{'rules':[]}", "{'rules':null}");
    becomes(
        Resources.CLUSTER_ROLES,
        "{'rules':[{'verbs':['get'],'nonResourceURLs':['/']}]}",
        "{'rules':[{'verbs':['get'],'nonResourceURLs':['/']}]}");
    becomes(
        Resources.ENDPOINT_SLICES,
        "{'addressType':'IPv4','endpoints':[]}",
        "{'addressType':'IPv4','endpoints':null,'ports':null}");
  }

  @Test
  void anEventShowsAllOfItsTimesAndSources() {
    becomes(
        Resources.EVENTS,
        "{'involvedObject':{},'lastTimestamp':'2026-01-01T00:00:00Z'}",
        "{'involvedObject':{},'lastTimestamp':'2026-01-01T00:00:00Z','firstTimestamp':null,"
            + "'eventTime':null,'source':{},'reportingComponent':'','reportingInstance':''}");
  }

  @Test
  void zerosOfOneObjectAreNotThoseOfAnother() {
    ObjectNode first = json("{'involvedObject':{}}");
    Defaults.apply(Resources.EVENTS, first);
    ((ObjectNode) first.get("source")).put("component", "c");
    ObjectNode second = json("{'involvedObject':{}}");
    Defaults.apply(Resources.EVENTS, second);
    assertThat(second.get("source")).isEmpty();
  }
}
