package io.berth.scheduler.gang;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pod group as the scheduler knows it. Immutable.
 *
 * @param key namespace and name
 * @param minCount how many of its pods must be placed at once; 0 where each is placed alone
 * @param topologyKey the node label of which all of its nodes must share a value; empty for none
 * @param priority what counts for its pods instead of their own; null where theirs does
 * @param leavesWhole whether all of its pods must leave where one is pushed out
 * @param notSupported paths of its demands that cannot be met: its pods are not placed
 */
public record PodGroupRecord(
    String key,
    int minCount,
    String topologyKey,
    @Nullable Integer priority,
    boolean leavesWhole,
    List<String> notSupported) {
  public PodGroupRecord {
    notSupported = List.copyOf(notSupported);
  }

  public static PodGroupRecord of(ApiObject group) {
    JsonNode spec = group.treeWithoutOwners().path("spec");
    return new PodGroupRecord(
        group.key().namespacedName(),
        spec.path("schedulingPolicy").path("gang").path("minCount").asInt(0),
        spec.path("schedulingConstraints").path("topology").path(0).path("key").asText(""),
        spec.path("priority").isInt() ? Integer.valueOf(spec.path("priority").asInt()) : null,
        spec.path("disruptionMode").asText().equals("PodGroup"),
        spec.path("resourceClaims").isEmpty() ? List.of() : List.of("spec.resourceClaims"));
  }

  public boolean isGang() {
    return minCount > 0;
  }

  /** Whether there is more to placing its pods than to placing others. */
  public boolean binds() {
    return isGang() || !topologyKey.isEmpty() || !notSupported.isEmpty();
  }

  /**
   * Why it waits while too few pods are there.
   *
   * @param known how many are
   */
  public String tooFew(int known) {
    return "pod group " + key + " needs " + minCount + " pods at once, " + known + " exist";
  }

  /**
   * Why it waits while too few pods fit.
   *
   * @param together how many are placed or could be
   * @param example what keeps one of the others away
   */
  public String tooFewFit(int together, String example) {
    String most = "of the " + minCount + " pods that pod group " + key + " needs at once ";
    return isGang() ? most + together + " can be placed: " + example : example;
  }

  /** Why its pods are not placed whatever is free; empty where nothing is asked that cannot be. */
  public String cannot() {
    return notSupported.isEmpty()
        ? ""
        : String.join(", ", notSupported) + ": this scheduler cannot act on it";
  }
}
