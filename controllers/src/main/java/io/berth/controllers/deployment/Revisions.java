package io.berth.controllers.deployment;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.controllers.object.OwnerReference;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Versions and their annotations: which is newest, which number it bears, which are to go. */
final class Revisions {
  private static final int MAX_HISTORY_CHARACTERS = 2_000;

  /** Annotations of a Deployment that are its own and not its versions'. */
  private static final Set<String> NOT_COPIED =
      Set.of(
          "kubectl.kubernetes.io/last-applied-configuration",
          "deprecated.deployment.rollback.to",
          Version.REVISION,
          Version.HISTORY,
          Version.DESIRED,
          Version.MAX);

  private Revisions() {}

  /** The oldest version with the Deployment's template. */
  static Optional<Version> newest(DeploymentFacts deployment, List<Version> sets) {
    return sets.stream()
        .sorted(Version.BY_AGE)
        .filter(set -> TemplateHash.same(set.template(), deployment.template()))
        .findFirst();
  }

  static long next(List<Version> old) {
    return old.stream().mapToLong(Version::revision).max().orElse(0) + 1;
  }

  /** The annotations that the newest version is to have. */
  static SortedMap<String, String> annotations(
      DeploymentFacts deployment, Map<String, String> current, long revision) {
    SortedMap<String, String> annotations = new TreeMap<>(current);
    deployment
        .annotations()
        .forEach(
            (key, value) -> {
              if (!NOT_COPIED.contains(key)) {
                annotations.put(key, value);
              }
            });
    long before = Version.number(current.get(Version.REVISION));
    if (before < revision) {
      annotations.put(Version.REVISION, Long.toString(revision));
      if (before > 0) {
        annotations.put(Version.HISTORY, history(current.get(Version.HISTORY), before));
      }
    }
    return annotations;
  }

  private static String history(@Nullable String history, long before) {
    String text = history == null || history.isEmpty() ? "" + before : history + "," + before;
    while (text.length() > MAX_HISTORY_CHARACTERS) {
      text = text.substring(text.indexOf(',') + 1);
    }
    return text;
  }

  /** The annotations that say for which size of the whole a version has its size. */
  static SortedMap<String, String> sized(DeploymentFacts deployment, Map<String, String> current) {
    SortedMap<String, String> annotations = new TreeMap<>(current);
    int max = deployment.replicas() + deployment.maxSurge();
    annotations.put(Version.DESIRED, Integer.toString(deployment.replicas()));
    annotations.put(Version.MAX, Integer.toString(max));
    return annotations;
  }

  /** The ReplicaSet of the Deployment's template. */
  static ObjectNode replicaSet(
      DeploymentFacts deployment, int replicas, long revision, int collisions) {
    String hash = TemplateHash.of(deployment.template(), collisions);
    ObjectNode template = deployment.template().deepCopy();
    ObjectNode labels = template.withObject("/metadata/labels");
    labels.put(Version.HASH_LABEL, hash);
    ObjectNode set =
        Json.object()
            .put("apiVersion", Resources.REPLICA_SETS.apiVersion())
            .put("kind", Resources.REPLICA_SETS.kind());
    ObjectNode metadata = set.putObject("metadata");
    metadata.put("name", deployment.name() + "-" + hash).put("namespace", deployment.namespace());
    metadata.set("labels", labels.deepCopy());
    ObjectNode annotations = metadata.putObject("annotations");
    sized(deployment, annotations(deployment, Map.of(), revision)).forEach(annotations::put);
    metadata
        .putArray("ownerReferences")
        .add(OwnerReference.controllerOf(Resources.DEPLOYMENTS, deployment.object()).tree());
    ObjectNode spec = set.putObject("spec").put("replicas", replicas);
    if (deployment.minReadySeconds() > 0) {
      spec.put("minReadySeconds", deployment.minReadySeconds());
    }
    ObjectNode selector = deployment.selectorTree().deepCopy();
    selector.withObject("/matchLabels").put(Version.HASH_LABEL, hash);
    spec.set("selector", selector);
    spec.set("template", template);
    return set;
  }

  /** Old versions beyond the history that run nothing. */
  static List<Version> surplus(DeploymentFacts deployment, List<Version> old) {
    List<Version> kept = old.stream().filter(set -> !set.deleting()).toList();
    int surplus = kept.size() - deployment.revisionHistoryLimit();
    if (surplus <= 0) {
      return List.of();
    }
    return kept.stream()
        .sorted(Comparator.comparingLong(Version::revision).thenComparing(Version.BY_AGE))
        .limit(surplus)
        .filter(set -> set.replicas() == 0 && set.statusReplicas() == 0)
        .filter(set -> set.status().path("observedGeneration").asLong() >= set.generation())
        .toList();
  }
}
