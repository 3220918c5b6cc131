package io.berth.scheduler.reader;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.core.Taint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Turns nodes of the API into the scheduler's records. Safe for use by many threads. */
public final class NodeReader {
  private final Amounts amounts;

  public NodeReader(ResourceIndex resources) {
    this.amounts = new Amounts(resources);
  }

  public NodeRecord read(ApiObject node) {
    JsonNode tree = node.treeWithoutOwners();
    JsonNode spec = tree.path("spec");
    List<Taint> taints = new ArrayList<>();
    for (JsonNode taint : spec.path("taints")) {
      String value = taint.path("value").asText("");
      taints.add(new Taint(taint.path("key").asText(), value, taint.path("effect").asText()));
    }
    Map<String, Long> images = new HashMap<>();
    for (JsonNode image : tree.path("status").path("images")) {
      long size = image.path("sizeBytes").asLong();
      image.path("names").forEach(name -> images.put(name.asText(), size));
    }
    return new NodeRecord(
        node.key().name(),
        node.header().labels(),
        taints,
        spec.path("unschedulable").asBoolean(),
        amounts.of(tree.path("status").path("allocatable")),
        images);
  }
}
