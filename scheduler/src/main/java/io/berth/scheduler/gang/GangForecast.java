package io.berth.scheduler.gang;

import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.explain.Explainer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What would become of a pod of a group as things are; nothing is changed. Not safe for use by
 * several threads: the loop guards it.
 */
public final class GangForecast {
  /**
   * Either the node where the pod would go, or why it would wait.
   *
   * @param nodeName empty where it would wait
   * @param why empty where it would go
   */
  public record Outlook(String nodeName, String why) {}

  private final Gangs gangs;
  private final GangPlacer placer;
  private final Function<PodRecord, Explainer> explainers;

  public GangForecast(Gangs gangs, GangPlacer placer, Function<PodRecord, Explainer> explainers) {
    this.gangs = gangs;
    this.placer = placer;
    this.explainers = explainers;
  }

  /**
   * @return null where the pod is decided alone
   */
  public @Nullable Outlook of(PodRecord pod) {
    String key = Gangs.keyOf(pod);
    if (key.isEmpty()) {
      return null;
    }
    PodGroupRecord group = gangs.group(key);
    if (group == null) {
      return new Outlook("", "pod group " + key + " not found");
    }
    if (!group.notSupported().isEmpty()) {
      return new Outlook("", "pod group " + key + ": " + group.cannot());
    }
    return group.binds() ? of(pod, group) : null;
  }

  private Outlook of(PodRecord pod, PodGroupRecord group) {
    List<PodRecord> pods = new ArrayList<>(List.of(pod));
    int placed = gangs.placed(group.key());
    int least = 1;
    if (group.isGang()) {
      gangs.waiting(group.key()).stream()
          .filter(other -> !other.uid().equals(pod.uid()))
          .forEach(pods::add);
      least = Math.max(1, group.minCount() - placed);
    }
    if (pods.size() < least) {
      return new Outlook("", group.tooFew(pods.size() + placed));
    }
    AtomicReference<String> why = new AtomicReference<>("");
    GangPlacer.Result result =
        placer.preview(
            group,
            pods,
            least,
            gangs.placedUids(group.key()),
            (left, domain, within) -> why.set(reason(left.getFirst(), domain, within)));
    for (GangPlacer.Spot spot : result.spots()) {
      if (spot.pod().uid().equals(pod.uid())) {
        return new Outlook(spot.node().name(), "");
      }
    }
    return result.spots().isEmpty()
        ? new Outlook("", group.tooFewFit(result.possible() + placed, String.valueOf(why.get())))
        : new Outlook("", explainers.apply(pod).shortly(pod));
  }

  private String reason(PodRecord pod, String domain, @Nullable IntPredicate within) {
    Explainer explainer = explainers.apply(pod);
    return within == null
        ? explainer.shortly(pod)
        : "within " + domain + " " + explainer.shortly(pod, within, GangPlacer.OUTSIDE);
  }
}
