package io.berth.scheduler.cache;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.scheduler.core.Amounts;
import io.berth.scheduler.core.NodeState;
import io.berth.scheduler.core.Taint;
import java.util.ArrayList;
import java.util.List;

/** Turns nodes of the API into the scheduler's records. */
public final class NodeReader {
  private final PodReader quantities;

  public NodeReader(PodReader quantities) {
    this.quantities = quantities;
  }

  /** The node as described, with no pods on it. */
  public NodeState read(ApiObject node) {
    JsonNode tree = node.treeWithoutOwners();
    JsonNode spec = tree.path("spec");
    List<Taint> taints = new ArrayList<>();
    for (JsonNode taint : spec.path("taints")) {
      String value = taint.path("value").asText("");
      taints.add(new Taint(taint.path("key").asText(), value, taint.path("effect").asText()));
    }
    return new NodeState(
        node.key().name(),
        node.header().labels(),
        List.copyOf(taints),
        spec.path("unschedulable").asBoolean(),
        quantities.amounts(tree.path("status").path("allocatable")),
        Amounts.none(),
        List.of());
  }
}
