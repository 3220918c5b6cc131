package io.berth.apiserver.server;

import io.berth.api.resource.GroupVersion;
import java.util.HashMap;
import java.util.Map;

/**
 * Where a group version stands in discovery: clients take the first group, and of it the first
 * version, that has what they were asked for.
 *
 * @param group groups with more come first
 * @param version versions with more come first within their group; of equals the one that
 *     Kubernetes prefers by its name
 */
public record GroupPriority(int group, int version) {
  /** Of what custom resources are defined in. */
  public static final GroupPriority CUSTOM = new GroupPriority(1_000, 100);

  private static final int STABLE = 15;
  private static final Map<GroupVersion, GroupPriority> BUILT_IN = new HashMap<>();

  static {
    put("apiregistration.k8s.io", "v1", 20_000, STABLE); // has no APIService, and is always first
    put("", "v1", 18_000, 1);
    put("apps", "v1", 17_800, STABLE);
    put("events.k8s.io", "v1", 17_750, STABLE);
    put("authentication.k8s.io", "v1", 17_700, STABLE);
    put("authorization.k8s.io", "v1", 17_600, STABLE);
    put("autoscaling", "v2", 17_500, 30);
    put("autoscaling", "v1", 17_500, STABLE);
    put("batch", "v1", 17_400, STABLE);
    put("certificates.k8s.io", "v1", 17_300, STABLE);
    put("networking.k8s.io", "v1", 17_200, STABLE);
    put("policy", "v1", 17_100, STABLE);
    put("rbac.authorization.k8s.io", "v1", 17_000, STABLE);
    put("storage.k8s.io", "v1", 16_800, STABLE);
    put("apiextensions.k8s.io", "v1", 16_700, STABLE);
    put("admissionregistration.k8s.io", "v1", 16_700, STABLE);
    put("scheduling.k8s.io", "v1", 16_600, STABLE);
    put("coordination.k8s.io", "v1", 16_500, STABLE);
    put("node.k8s.io", "v1", 16_300, STABLE);
    put("discovery.k8s.io", "v1", 16_200, STABLE);
    put("resource.k8s.io", "v1", 16_200, 20);
    put("metrics.k8s.io", "v1beta1", 100, 100);
    put("flowcontrol.apiserver.k8s.io", "v1", 16_100, 21);
  }

  /** Of what the server serves by itself; that of custom resources for what it does not know. */
  public static GroupPriority of(GroupVersion version) {
    return BUILT_IN.getOrDefault(version, CUSTOM);
  }

  private static void put(String group, String version, int groupPriority, int versionPriority) {
    BUILT_IN.put(
        new GroupVersion(group, version), new GroupPriority(groupPriority, versionPriority));
  }
}
