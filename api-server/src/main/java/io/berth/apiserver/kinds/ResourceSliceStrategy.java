package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Times;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Strategy;
import io.berth.apiserver.registry.WriteCall;
import java.util.List;
import java.util.function.Consumer;

/** What devices a node has: whose they are stays, and taints know when they were added. */
final class ResourceSliceStrategy implements Strategy {
  @Override
  public boolean countsGenerations() {
    return true;
  }

  @Override
  public void prepareCreate(ObjectNode slice, WriteCall call) {
    stampTaints(slice, call);
  }

  @Override
  public void prepareUpdate(ObjectNode slice, ObjectNode old, WriteCall call) {
    stampTaints(slice, call);
  }

  private static void stampTaints(ObjectNode slice, WriteCall call) {
    for (JsonNode device : slice.path("spec").path("devices")) {
      for (JsonNode taint : device.path("taints")) {
        if (taint instanceof ObjectNode open && !open.hasNonNull("timeAdded")) {
          open.put("timeAdded", Times.seconds(call.now()));
        }
      }
    }
  }

  @Override
  public void validateUpdate(ObjectNode slice, ObjectNode old, Consumer<FieldError> errors) {
    for (String field : List.of("driver", "pool.name", "nodeName", "nodeSelector", "allNodes")) {
      Immutable.check(slice, old, "spec." + field, errors);
    }
  }
}
