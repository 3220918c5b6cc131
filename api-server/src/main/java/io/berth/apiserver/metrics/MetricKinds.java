package io.berth.apiserver.metrics;

import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Scope;
import io.berth.api.schema.TypeRef;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;

/** The resources of {@code metrics.k8s.io}, as its own server announces them. */
public final class MetricKinds {
  /** The group. */
  public static final String GROUP = "metrics.k8s.io";

  public static final ResourceDefinition NODES = of("nodes", "NodeMetrics", Scope.CLUSTER);
  public static final ResourceDefinition PODS = of("pods", "PodMetrics", Scope.NAMESPACED);

  private MetricKinds() {}

  public static List<ResourceDefinition> all() {
    return List.of(NODES, PODS);
  }

  private static ResourceDefinition of(String plural, String kind, Scope scope) {
    return new ResourceDefinition(
        GROUP,
        "v1beta1",
        plural,
        "",
        kind,
        scope,
        List.of(),
        List.of(),
        new TreeSet<>(List.of("get", "list")),
        new TreeMap<>(),
        List.of(),
        new TypeRef.Named("io.k8s.api.metrics.v1beta1." + kind),
        null);
  }
}
