package io.berth.agent.stats;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.Times;

/**
 * {@code /stats/usage}: rates and working sets as of the last look, in the few words that the API
 * server makes {@code metrics.k8s.io} of. CPU in billionths of a CPU, memory in bytes, windows in
 * nanoseconds. What was looked at only once has no rate yet and is left out.
 */
final class UsageDocument {
  private UsageDocument() {}

  static ObjectNode of(Sample sample) {
    ObjectNode document = Json.object();
    if (sample.node().nanoCores() >= 0) {
      use(document.putObject("node"), sample.node());
    }
    ArrayNode pods = document.putArray("pods");
    for (Sample.OfPod pod : Order.of(sample)) {
      ObjectNode json =
          pods.addObject()
              .put("namespace", pod.sandbox().namespace())
              .put("name", pod.sandbox().name())
              .put("uid", pod.sandbox().uid());
      ArrayNode containers = json.putArray("containers");
      for (Sample.OfContainer one : pod.containers()) {
        if (one.use().nanoCores() >= 0) {
          use(containers.addObject().put("name", one.container().name()), one.use());
        }
      }
    }
    return document;
  }

  private static void use(ObjectNode json, Sample.Use use) {
    json.put("time", Times.seconds(use.at()))
        .put("window", use.windowNanos())
        .put("cpu", use.nanoCores())
        .put("memory", use.usage().workingSet());
  }
}
