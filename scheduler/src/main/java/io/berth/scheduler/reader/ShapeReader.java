package io.berth.scheduler.reader;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.LabelSelector;
import io.berth.scheduler.core.AffinityTerm;
import io.berth.scheduler.core.HostPort;
import io.berth.scheduler.core.NodePreference;
import io.berth.scheduler.core.NodeTerm;
import io.berth.scheduler.core.PodAffinity;
import io.berth.scheduler.core.PodSelector;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.SpreadConstraint;
import io.berth.scheduler.core.Toleration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what a pod's {@code spec} says about its place. Safe for use by many threads. */
final class ShapeReader {
  private final Amounts amounts;

  /** Labels that no two pods of a StatefulSet or an indexed Job share. */
  private static final Set<String> OF_ONE_POD =
      Set.of(
          "apps.kubernetes.io/pod-index",
          "batch.kubernetes.io/job-completion-index",
          "statefulset.kubernetes.io/pod-name");

  private final Map<String, List<SpreadConstraint>> defaultSpread;

  /**
   * @param defaultSpread for pods that have no constraints of their own, by scheduler name; their
   *     selectors are not looked at: a pod's own labels are meant
   */
  ShapeReader(Amounts amounts, Map<String, List<SpreadConstraint>> defaultSpread) {
    this.amounts = amounts;
    this.defaultSpread = defaultSpread;
  }

  PodShape read(String namespace, Map<String, String> labels, JsonNode spec) {
    JsonNode affinity = spec.path("affinity");
    JsonNode nodes = affinity.path("nodeAffinity");
    return PodShape.builder(namespace)
        .labels(labels)
        .requests(amounts.requests(spec))
        .nodeSelector(stringMap(spec.path("nodeSelector")))
        .requiredTerms(requiredTerms(nodes.path("requiredDuringSchedulingIgnoredDuringExecution")))
        .preferredTerms(
            preferredTerms(nodes.path("preferredDuringSchedulingIgnoredDuringExecution")))
        .tolerations(tolerations(spec.path("tolerations")))
        .hostPorts(hostPorts(spec))
        .affinity(affinity(namespace, labels, affinity.path("podAffinity")))
        .antiAffinity(affinity(namespace, labels, affinity.path("podAntiAffinity")))
        .spread(spread(labels, spec))
        .images(images(spec))
        .build();
  }

  private static @Nullable List<NodeTerm> requiredTerms(JsonNode required) {
    if (required.isMissingNode() || required.isNull()) {
      return null;
    }
    List<NodeTerm> terms = new ArrayList<>();
    required.path("nodeSelectorTerms").forEach(term -> terms.add(NodeTermReader.term(term)));
    return terms;
  }

  private static List<NodePreference> preferredTerms(JsonNode preferred) {
    List<NodePreference> preferences = new ArrayList<>();
    for (JsonNode item : preferred) {
      preferences.add(
          new NodePreference(
              item.path("weight").asInt(), NodeTermReader.term(item.path("preference"))));
    }
    return preferences;
  }

  private static List<Toleration> tolerations(JsonNode list) {
    List<Toleration> tolerations = new ArrayList<>();
    for (JsonNode item : list) {
      String operator = item.path("operator").asText("");
      tolerations.add(
          new Toleration(
              item.path("key").asText(""),
              operator.isEmpty() ? "Equal" : operator,
              item.path("value").asText(""),
              item.path("effect").asText("")));
    }
    return tolerations;
  }

  private static List<HostPort> hostPorts(JsonNode spec) {
    boolean hostNetwork = spec.path("hostNetwork").asBoolean();
    List<HostPort> ports = new ArrayList<>();
    for (JsonNode container : spec.path("containers")) {
      hostPorts(container, hostNetwork, ports);
    }
    for (JsonNode container : spec.path("initContainers")) {
      if (container.path("restartPolicy").asText().equals("Always")) {
        hostPorts(container, hostNetwork, ports);
      }
    }
    return ports;
  }

  private static void hostPorts(JsonNode container, boolean hostNetwork, List<HostPort> into) {
    for (JsonNode port : container.path("ports")) {
      int number =
          port.path("hostPort").asInt(hostNetwork ? port.path("containerPort").asInt() : 0);
      if (number > 0) {
        String address = port.path("hostIP").asText("");
        String protocol = port.path("protocol").asText("TCP");
        into.add(new HostPort(address.isEmpty() ? "0.0.0.0" : address, protocol, number));
      }
    }
  }

  private static PodAffinity affinity(
      String namespace, Map<String, String> labels, JsonNode affinity) {
    if (affinity.isEmpty()) {
      return PodAffinity.NONE;
    }
    List<AffinityTerm> required = new ArrayList<>();
    for (JsonNode term : affinity.path("requiredDuringSchedulingIgnoredDuringExecution")) {
      required.add(affinityTerm(namespace, labels, term));
    }
    List<PodAffinity.Preferred> preferred = new ArrayList<>();
    for (JsonNode item : affinity.path("preferredDuringSchedulingIgnoredDuringExecution")) {
      preferred.add(
          new PodAffinity.Preferred(
              item.path("weight").asInt(),
              affinityTerm(namespace, labels, item.path("podAffinityTerm"))));
    }
    return new PodAffinity(required, preferred);
  }

  private static AffinityTerm affinityTerm(
      String namespace, Map<String, String> labels, JsonNode term) {
    Set<String> namespaces = new HashSet<>(strings(term.path("namespaces")));
    JsonNode among = term.path("namespaceSelector");
    if (namespaces.isEmpty() && (among.isMissingNode() || among.isNull())) {
      namespaces.add(namespace);
    }
    LabelSelector selector =
        with(
            LabelSelector.of(term.path("labelSelector")),
            labels,
            term.path("matchLabelKeys"),
            LabelSelector.Operator.IN);
    selector =
        with(selector, labels, term.path("mismatchLabelKeys"), LabelSelector.Operator.NOT_IN);
    return new AffinityTerm(
        new PodSelector(
            namespaces,
            among.isMissingNode() || among.isNull() ? null : LabelSelector.of(among),
            selector),
        term.path("topologyKey").asText());
  }

  /** Adds the pod's own values of label keys, where the API server has not done so already. */
  private static LabelSelector with(
      LabelSelector selector,
      Map<String, String> labels,
      JsonNode keys,
      LabelSelector.Operator operator) {
    LabelSelector result = selector;
    for (JsonNode key : keys) {
      String value = labels.get(key.asText());
      if (value != null && !asks(selector, key.asText(), operator)) {
        result = result.and(new LabelSelector.Requirement(key.asText(), operator, List.of(value)));
      }
    }
    return result;
  }

  private static boolean asks(LabelSelector selector, String key, LabelSelector.Operator operator) {
    return selector.requirements().stream()
        .anyMatch(r -> r.key().equals(key) && r.operator() == operator);
  }

  private List<SpreadConstraint> spread(Map<String, String> labels, JsonNode spec) {
    JsonNode constraints = spec.path("topologySpreadConstraints");
    if (constraints.isEmpty()) {
      List<SpreadConstraint> usual =
          defaultSpread.getOrDefault(spec.path("schedulerName").asText(""), List.of());
      return labels.isEmpty() || usual.isEmpty() ? List.of() : ofLabels(usual, labels);
    }
    List<SpreadConstraint> spread = new ArrayList<>();
    for (JsonNode item : constraints) {
      LabelSelector selector =
          with(
              LabelSelector.of(item.path("labelSelector")),
              labels,
              item.path("matchLabelKeys"),
              LabelSelector.Operator.IN);
      spread.add(
          new SpreadConstraint(
              item.path("topologyKey").asText(),
              item.path("maxSkew").asInt(1),
              !item.path("whenUnsatisfiable").asText().equals("ScheduleAnyway"),
              selector,
              item.path("minDomains").asInt(1),
              !item.path("nodeAffinityPolicy").asText().equals("Ignore"),
              item.path("nodeTaintsPolicy").asText().equals("Honor")));
    }
    return spread;
  }

  private static List<SpreadConstraint> ofLabels(
      List<SpreadConstraint> usual, Map<String, String> labels) {
    Map<String, String> ofKind = new HashMap<>(labels);
    ofKind.keySet().removeAll(OF_ONE_POD);
    LabelSelector own = LabelSelector.ofLabels(ofKind);
    return usual.stream()
        .map(c -> new SpreadConstraint(c.topologyKey(), c.maxSkew(), c.hard(), own, 1, true, false))
        .toList();
  }

  /** Names as nodes report them: with a tag or a digest. */
  private static List<String> images(JsonNode spec) {
    List<String> images = new ArrayList<>();
    for (String list : List.of("initContainers", "containers")) {
      for (JsonNode container : spec.path(list)) {
        String image = container.path("image").asText("");
        boolean tagged = image.lastIndexOf(':') > image.lastIndexOf('/');
        images.add(tagged || image.isEmpty() ? image : image + ":latest");
      }
    }
    return images;
  }

  static List<String> strings(JsonNode list) {
    List<String> strings = new ArrayList<>();
    list.forEach(item -> strings.add(item.asText()));
    return strings;
  }

  private static Map<String, String> stringMap(JsonNode object) {
    Map<String, String> map = new HashMap<>();
    object.properties().forEach(entry -> map.put(entry.getKey(), entry.getValue().asText()));
    return map;
  }
}
