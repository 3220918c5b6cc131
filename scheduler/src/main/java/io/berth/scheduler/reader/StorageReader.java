package io.berth.scheduler.reader;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.LabelSelector;
import io.berth.api.object.Quantity;
import io.berth.scheduler.core.NodeTerm;
import io.berth.scheduler.core.Requirement;
import io.berth.scheduler.volume.AttachLimits;
import io.berth.scheduler.volume.Capacity;
import io.berth.scheduler.volume.Claim;
import io.berth.scheduler.volume.StorageClass;
import io.berth.scheduler.volume.Volume;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns what the API shows of storage into values. */
public final class StorageReader {
  /** Where a claim says for which node its volume is to be made. */
  public static final String SELECTED_NODE = "volume.kubernetes.io/selected-node";

  private static final String MIGRATED = "storage.alpha.kubernetes.io/migrated-plugins";
  private static final String BIND_COMPLETED = "pv.kubernetes.io/bind-completed";
  private static final String CLASS_BEFORE = "volume.beta.kubernetes.io/storage-class";

  private StorageReader() {}

  public static Claim claim(ApiObject object) {
    JsonNode tree = object.tree();
    JsonNode spec = tree.path("spec");
    JsonNode annotations = tree.path("metadata").path("annotations");
    String owner = "";
    for (JsonNode reference : tree.path("metadata").path("ownerReferences")) {
      owner = reference.path("controller").asBoolean() ? reference.path("uid").asText() : owner;
    }
    return new Claim(
        object.key().namespace(),
        object.key().name(),
        object.header().uid(),
        owner,
        object.header().deleting(),
        tree.path("status").path("phase").asText().equals("Lost"),
        spec.path("volumeName").asText(""),
        annotations.has(BIND_COMPLETED),
        annotations.path(CLASS_BEFORE).asText(spec.path("storageClassName").asText("")),
        annotations.path(SELECTED_NODE).asText(""),
        bytes(spec.path("resources").path("requests")),
        strings(spec.path("accessModes")),
        selector(spec.path("selector")),
        spec.path("volumeMode").asText("Filesystem"));
  }

  public static Volume volume(ApiObject object) {
    JsonNode tree = object.tree();
    JsonNode spec = tree.path("spec");
    JsonNode reference = spec.path("claimRef");
    String claim =
        reference.isObject()
            ? reference.path("namespace").asText() + "/" + reference.path("name").asText()
            : "";
    JsonNode annotations = tree.path("metadata").path("annotations");
    return new Volume(
        object.key().name(),
        object.header().labels(),
        object.header().deleting(),
        tree.path("status").path("phase").asText().equals("Available"),
        bytes(spec.path("capacity")),
        strings(spec.path("accessModes")),
        annotations.path(CLASS_BEFORE).asText(spec.path("storageClassName").asText("")),
        spec.path("volumeMode").asText("Filesystem"),
        nodeTerms(spec.path("nodeAffinity").path("required")),
        claim,
        reference.path("uid").asText(""),
        spec.path("csi").path("driver").asText(""),
        spec.path("csi").path("volumeHandle").asText(""),
        DiskReader.disk(spec));
  }

  public static StorageClass storageClass(ApiObject object) {
    JsonNode tree = object.tree();
    List<NodeTerm> topologies = new ArrayList<>();
    for (JsonNode term : tree.path("allowedTopologies")) {
      List<Requirement> labels = new ArrayList<>();
      for (JsonNode wanted : term.path("matchLabelExpressions")) {
        labels.add(
            new Requirement(
                wanted.path("key").asText(),
                Requirement.Operator.IN,
                List.copyOf(strings(wanted.path("values")))));
      }
      topologies.add(new NodeTerm(labels, List.of()));
    }
    return new StorageClass(
        object.key().name(),
        tree.path("provisioner").asText(""),
        tree.path("volumeBindingMode").asText().equals("WaitForFirstConsumer"),
        topologies);
  }

  /** What a CSINode says of the volumes that its node can attach. */
  public static AttachLimits limits(ApiObject node) {
    Map<String, Integer> limits = new HashMap<>();
    for (JsonNode driver : node.tree().path("spec").path("drivers")) {
      JsonNode count = driver.path("allocatable").path("count");
      if (count.isNumber()) {
        limits.put(driver.path("name").asText(), count.asInt());
      }
    }
    JsonNode plugins = node.tree().path("metadata").path("annotations").path(MIGRATED);
    return new AttachLimits(limits, Set.copyOf(Arrays.asList(plugins.asText("").split(",", -1))));
  }

  /** Whether a CSI driver makes volumes only where it has told of enough space. */
  public static boolean countsSpace(ApiObject driver) {
    return driver.tree().path("spec").path("storageCapacity").asBoolean();
  }

  public static Capacity capacity(ApiObject object) {
    JsonNode tree = object.tree();
    String limit = tree.path("maximumVolumeSize").asText(tree.path("capacity").asText(""));
    return new Capacity(
        object.key().namespacedName(),
        tree.path("storageClassName").asText(),
        LabelSelector.of(tree.get("nodeTopology")),
        limit.isEmpty() ? -1 : Quantity.parse(limit).value());
  }

  private static @Nullable List<NodeTerm> nodeTerms(JsonNode required) {
    if (!required.isObject()) {
      return null;
    }
    List<NodeTerm> terms = new ArrayList<>();
    required.path("nodeSelectorTerms").forEach(term -> terms.add(NodeTermReader.term(term)));
    return terms;
  }

  private static LabelSelector selector(JsonNode selector) {
    return selector.isObject() ? LabelSelector.of(selector) : LabelSelector.EVERYTHING;
  }

  private static long bytes(JsonNode amounts) {
    String storage = amounts.path("storage").asText("");
    return storage.isEmpty() ? 0 : Quantity.parse(storage).value();
  }

  private static Set<String> strings(JsonNode list) {
    Set<String> strings = new HashSet<>();
    list.forEach(item -> strings.add(item.asText()));
    return strings;
  }
}
