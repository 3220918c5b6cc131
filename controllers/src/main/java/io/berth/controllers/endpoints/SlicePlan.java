package io.berth.controllers.endpoints;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.controllers.object.OwnerReference;
import io.berth.controllers.object.PodFacts;
import io.berth.controllers.object.Reading;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How a Service's slices are to change so that they hold its endpoints: as few writes as possible.
 * An endpoint stays in its slice; new ones go first into slices that change anyway, then into one
 * with room for all of them, then into new slices.
 *
 * @param create slices to create
 * @param update slices as they are to be, versions included
 * @param delete slices to delete
 */
record SlicePlan(List<ObjectNode> create, List<ObjectNode> update, List<ApiObject> delete) {
  /** The most endpoints a slice holds. */
  static final int MAX = 100;

  static final String SERVICE_NAME = "kubernetes.io/service-name";
  static final String MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
  static final String MANAGER = "endpointslice-controller.k8s.io";

  /** What slices have in common that may hold the same endpoints. */
  private record Group(String addressType, JsonNode ports) {}

  /**
   * @param existing the Service's slices that this controller manages
   */
  static SlicePlan decide(
      ServiceFacts service,
      List<PodFacts> pods,
      Map<String, String> zones,
      List<ApiObject> existing) {
    Planner planner = new Planner(service);
    Map<Group, Map<String, ObjectNode>> wanted = wanted(service, pods, zones);
    Map<Group, List<ApiObject>> slices = new LinkedHashMap<>();
    for (ApiObject slice : existing) {
      JsonNode tree = slice.tree();
      Group group = new Group(tree.path("addressType").asText(), array(tree.path("ports")));
      slices.computeIfAbsent(group, g -> new ArrayList<>()).add(slice);
    }
    slices.forEach((group, of) -> planner.plan(group, wanted.remove(group), of));
    wanted.forEach((group, endpoints) -> planner.plan(group, endpoints, List.of()));
    return planner.done();
  }

  private static JsonNode array(JsonNode ports) {
    return ports.isArray() ? ports : Json.object().arrayNode();
  }

  /** The endpoints by identity; for each address type at least one group, if an empty one. */
  private static Map<Group, Map<String, ObjectNode>> wanted(
      ServiceFacts service, List<PodFacts> pods, Map<String, String> zones) {
    Map<Group, Map<String, ObjectNode>> wanted = new LinkedHashMap<>();
    for (String family : service.families()) {
      boolean any = false;
      for (PodFacts pod : pods) {
        for (String address : pod.addresses()) {
          if (address.contains(":") == family.equals("IPv6") && inSlices(pod)) {
            Group group = new Group(family, parsed(Endpoint.ports(service, pod)));
            ObjectNode endpoint = Endpoint.of(service, pod, address, zones);
            wanted
                .computeIfAbsent(group, g -> new LinkedHashMap<>())
                .put(Endpoint.identity(endpoint), endpoint);
            any = true;
            break;
          }
        }
      }
      if (!any) {
        wanted.put(new Group(family, Json.object().arrayNode()), new LinkedHashMap<>());
      }
    }
    return wanted;
  }

  private static boolean inSlices(PodFacts pod) {
    return !pod.terminal();
  }

  /** Numbers of one type, so that trees compare. */
  private static JsonNode parsed(JsonNode computed) {
    return Json.parse(Json.bytes(computed));
  }

  private static final class Planner {
    private final ServiceFacts service;
    private final SortedMap<String, String> labels;
    private final SlicePlan plan =
        new SlicePlan(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());

    /** A slice with the endpoints it is to have. */
    private static final class Draft {
      final ApiObject slice;
      final ObjectNode tree;
      final List<JsonNode> endpoints = new ArrayList<>();
      boolean changed;

      Draft(ApiObject slice) {
        this.slice = slice;
        this.tree = (ObjectNode) slice.tree();
      }
    }

    Planner(ServiceFacts service) {
      this.service = service;
      this.labels = service.labels();
      labels.put(SERVICE_NAME, service.name());
      labels.put(MANAGED_BY, MANAGER);
    }

    void plan(Group group, @Nullable Map<String, ObjectNode> wanted, List<ApiObject> slices) {
      if (wanted == null) {
        plan.delete().addAll(slices);
        return;
      }
      boolean placeholder = wanted.isEmpty();
      Map<String, ObjectNode> rest = new LinkedHashMap<>(wanted);
      List<Draft> drafts = new ArrayList<>(slices.stream().map(s -> keep(s, rest)).toList());
      List<ObjectNode> left = new ArrayList<>(rest.values());
      fill(drafts, left);
      for (Draft draft : drafts) {
        boolean only = placeholder && draft == drafts.getFirst();
        if (draft.endpoints.isEmpty() && !only) {
          plan.delete().add(draft.slice);
        } else if (draft.changed) {
          plan.update().add(filled(draft));
        }
      }
      for (int from = 0; from < left.size(); from += MAX) {
        List<ObjectNode> part = left.subList(from, Math.min(left.size(), from + MAX));
        plan.create().add(slice(group, part));
      }
      if (placeholder && drafts.isEmpty()) {
        plan.create().add(slice(group, List.of()));
      }
    }

    /** Keeps the slice's endpoints that are still wanted, as they are to be now. */
    private Draft keep(ApiObject slice, Map<String, ObjectNode> rest) {
      Draft draft = new Draft(slice);
      for (JsonNode endpoint : draft.tree.path("endpoints")) {
        ObjectNode wanted = rest.remove(Endpoint.identity(endpoint));
        if (wanted == null) {
          draft.changed = true;
        } else {
          draft.endpoints.add(wanted);
          draft.changed |= !Reading.same(parsed(wanted), endpoint);
        }
      }
      draft.changed |= !Reading.strings(draft.tree.path("metadata").path("labels")).equals(labels);
      return draft;
    }

    /** Puts what is left into slices with room; what finds none stays. */
    private static void fill(List<Draft> drafts, List<ObjectNode> left) {
      Comparator<Draft> fullest = Comparator.comparingInt(d -> -d.endpoints.size());
      List<Draft> byFullness = drafts.stream().sorted(fullest).toList();
      for (Draft draft : byFullness) {
        while (draft.changed && draft.endpoints.size() < MAX && !left.isEmpty()) {
          draft.endpoints.add(left.removeFirst());
        }
      }
      for (Draft draft : byFullness) {
        if (!left.isEmpty() && draft.endpoints.size() + left.size() <= MAX) {
          draft.endpoints.addAll(left);
          draft.changed = true;
          left.clear();
        }
      }
    }

    private ObjectNode filled(Draft draft) {
      ArrayNode endpoints = draft.tree.putArray("endpoints");
      draft.endpoints.forEach(endpoints::add);
      ObjectNode tree = draft.tree.withObject("/metadata").putObject("labels");
      labels.forEach(tree::put);
      return draft.tree;
    }

    private ObjectNode slice(Group group, List<ObjectNode> endpoints) {
      ObjectNode slice =
          Json.object()
              .put("apiVersion", Resources.ENDPOINT_SLICES.apiVersion())
              .put("kind", Resources.ENDPOINT_SLICES.kind());
      ObjectNode metadata = slice.putObject("metadata");
      metadata.put("generateName", service.name() + "-").put("namespace", service.namespace());
      ObjectNode labelTree = metadata.putObject("labels");
      labels.forEach(labelTree::put);
      metadata
          .putArray("ownerReferences")
          .add(OwnerReference.controllerOf(Resources.SERVICES, service.object()).tree());
      slice.put("addressType", group.addressType());
      ArrayNode list = slice.putArray("endpoints");
      endpoints.forEach(list::add);
      slice.set("ports", group.ports());
      return slice;
    }

    SlicePlan done() {
      return plan;
    }
  }

  /** The zone of each node that has one. */
  static Map<String, String> zones(List<ApiObject> nodes) {
    Map<String, String> zones = new TreeMap<>();
    for (ApiObject node : nodes) {
      String zone = node.header().labels().get("topology.kubernetes.io/zone");
      if (zone != null) {
        zones.put(node.key().name(), zone);
      }
    }
    return zones;
  }
}
