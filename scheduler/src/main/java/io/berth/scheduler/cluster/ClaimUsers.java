package io.berth.scheduler.cluster;

import io.berth.scheduler.core.ClaimName;
import io.berth.scheduler.core.PodRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which placed pods mount which persistent volume claims. Not safe for use by several threads. */
public final class ClaimUsers {
  private final Map<String, List<String>> users = new HashMap<>();

  ClaimUsers() {}

  /** Whether a placed pod mounts a claim that is not the one of that uid. */
  public boolean others(String namespace, String claim, String uid) {
    for (String user : users.getOrDefault(key(namespace, claim), List.of())) {
      if (!user.equals(uid)) {
        return true;
      }
    }
    return false;
  }

  private static String key(String namespace, String claim) {
    return namespace + "/" + claim;
  }

  void add(PodRecord pod) {
    if (pod.details().claims().isEmpty()) {
      return; // most pods: this runs once a binding
    }
    for (ClaimName claim : pod.details().claims()) {
      users
          .computeIfAbsent(key(pod.namespace(), claim.name()), k -> new ArrayList<>(1))
          .add(pod.uid());
    }
  }

  void remove(PodRecord pod) {
    if (pod.details().claims().isEmpty()) {
      return;
    }
    for (ClaimName claim : pod.details().claims()) {
      String key = key(pod.namespace(), claim.name());
      List<String> of = users.get(key);
      if (of != null && of.remove(pod.uid()) && of.isEmpty()) {
        users.remove(key);
      }
    }
  }
}
