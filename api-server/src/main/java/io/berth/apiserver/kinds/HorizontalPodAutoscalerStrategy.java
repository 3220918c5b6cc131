package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.apply.OtherVersions;
import io.berth.api.resource.ResourceDefinition;
import io.berth.apiserver.registry.Strategy;
import io.berth.apiserver.registry.Versions;
import io.berth.apiserver.registry.WriteCall;

/** Autoscalers, stored as {@code autoscaling/v2}: their status is their controller's. */
final class HorizontalPodAutoscalerStrategy implements Strategy {
  @Override
  public Versions versions(ResourceDefinition requested) {
    return requested.version().equals("v1") ? HorizontalPodAutoscalerVersions.V1 : Versions.ONE;
  }

  @Override
  public OtherVersions otherVersions(ResourceDefinition requested) {
    return new BuiltInVersions(this, requested);
  }

  @Override
  public void prepareCreate(ObjectNode autoscaler, WriteCall call) {
    autoscaler.putObject("status").put("desiredReplicas", 0).putNull("currentMetrics");
  }
}
