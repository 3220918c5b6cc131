package io.berth.apiserver.discovery;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.GroupVersion;
import io.berth.api.resource.ResourceDefinition;
import io.berth.apiserver.server.Delegated;
import io.berth.apiserver.server.ServedResources;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;

/** Writes the discovery documents, from nothing but what is served. */
final class Documents {
  private Documents() {}

  /**
   * Group to version to its resources, in the order of discovery; none where another server has
   * them.
   */
  static SequencedMap<String, SequencedMap<String, List<ResourceDefinition>>> byGroup(
      ServedResources.Snapshot served) {
    SequencedMap<String, SequencedMap<String, List<ResourceDefinition>>> groups =
        new LinkedHashMap<>();
    for (GroupVersion version : served.groupVersions()) {
      groups
          .computeIfAbsent(version.group(), g -> new LinkedHashMap<>())
          .put(version.version(), new ArrayList<>());
    }
    for (ResourceDefinition resource : served.all()) {
      Objects.requireNonNull(groups.get(resource.group()))
          .computeIfAbsent(resource.version(), v -> new ArrayList<>())
          .add(resource);
    }
    return groups;
  }

  /** {@code /api}. */
  static ObjectNode apiVersions(Collection<String> versions) {
    ObjectNode document = Json.object().put("kind", "APIVersions");
    ArrayNode list = document.putArray("versions");
    versions.forEach(list::add);
    document.putArray("serverAddressByClientCIDRs");
    return document;
  }

  /** {@code /apis}. */
  static ObjectNode groupList(Map<String, ? extends Map<String, ?>> groups) {
    ObjectNode document = Json.object().put("kind", "APIGroupList").put("apiVersion", "v1");
    ArrayNode list = document.putArray("groups");
    groups.forEach((group, versions) -> list.add(group(group, versions.keySet())));
    return document;
  }

  /** {@code /apis/GROUP} without its type. */
  static ObjectNode group(String name, Collection<String> versions) {
    ObjectNode group = Json.object().put("name", name);
    ArrayNode list = group.putArray("versions");
    versions.forEach(version -> list.add(groupVersion(name, version)));
    group.set("preferredVersion", groupVersion(name, versions.iterator().next()));
    return group;
  }

  private static ObjectNode groupVersion(String group, String version) {
    return Json.object().put("groupVersion", group + "/" + version).put("version", version);
  }

  /** {@code /api/v1} or {@code /apis/GROUP/VERSION}. */
  static ObjectNode resourceList(List<ResourceDefinition> resources) {
    ResourceDefinition any = resources.getFirst();
    ObjectNode document = Json.object().put("kind", "APIResourceList");
    if (!any.group().isEmpty()) {
      document.put("apiVersion", "v1");
    }
    document.put("groupVersion", any.apiVersion());
    ArrayNode list = document.putArray("resources");
    for (ResourceDefinition resource : resources) {
      list.add(resource(resource));
      resource.subresources().forEach((name, verbs) -> list.add(sub(resource, name, verbs)));
    }
    return document;
  }

  private static ObjectNode resource(ResourceDefinition resource) {
    ObjectNode entry =
        Json.object()
            .put("name", resource.plural())
            .put("singularName", resource.singular())
            .put("namespaced", resource.namespaced())
            .put("kind", resource.kind());
    strings(entry, "verbs", resource.verbs());
    optional(entry, "shortNames", resource.shortNames());
    optional(entry, "categories", resource.categories());
    return entry;
  }

  private static ObjectNode sub(
      ResourceDefinition resource, String name, Collection<String> verbs) {
    SubresourceKinds.Gvk kind = SubresourceKinds.of(resource, name);
    ObjectNode entry =
        Json.object()
            .put("name", resource.plural() + "/" + name)
            .put("singularName", "")
            .put("namespaced", resource.namespaced());
    if (!kind.group().equals(resource.group())) {
      entry.put("group", kind.group()).put("version", kind.version());
    }
    entry.put("kind", kind.kind());
    strings(entry, "verbs", verbs);
    return entry;
  }

  /** The aggregated form: all that is served of these groups in one document. */
  static ObjectNode aggregated(
      String apiVersion,
      Map<String, ? extends Map<String, List<ResourceDefinition>>> groups,
      Map<GroupVersion, Delegated> delegated) {
    ObjectNode document =
        Json.object().put("kind", "APIGroupDiscoveryList").put("apiVersion", apiVersion);
    document.putObject("metadata");
    ArrayNode items = document.putArray("items");
    groups.forEach(
        (group, versions) -> {
          ObjectNode item = items.addObject();
          item.putObject("metadata").put("name", group).putNull("creationTimestamp");
          ArrayNode list = item.putArray("versions");
          versions.forEach(
              (version, resources) -> {
                Delegated other = delegated.get(new GroupVersion(group, version));
                list.add(
                    other == null ? aggregated(version, resources) : aggregated(version, other));
              });
        });
    return document;
  }

  private static ObjectNode aggregated(String version, Delegated delegated) {
    ObjectNode entry = Json.object().put("version", version);
    if (!delegated.resources().isEmpty()) {
      entry.putArray("resources").addAll(delegated.resources());
    }
    return entry.put("freshness", delegated.stale() ? "Stale" : "Current");
  }

  private static ObjectNode aggregated(String version, List<ResourceDefinition> resources) {
    ObjectNode entry = Json.object().put("version", version);
    ArrayNode list = entry.putArray("resources");
    for (ResourceDefinition resource : resources) {
      ObjectNode item = list.addObject().put("resource", resource.plural());
      item.set("responseKind", responseKind(SubresourceKinds.Gvk.of(resource)));
      item.put("scope", resource.namespaced() ? "Namespaced" : "Cluster");
      item.put("singularResource", resource.singular());
      strings(item, "verbs", resource.verbs());
      optional(item, "shortNames", resource.shortNames());
      optional(item, "categories", resource.categories());
      if (!resource.subresources().isEmpty()) {
        ArrayNode subs = item.putArray("subresources");
        resource
            .subresources()
            .forEach(
                (name, verbs) -> {
                  ObjectNode sub = subs.addObject().put("subresource", name);
                  sub.set("responseKind", responseKind(SubresourceKinds.of(resource, name)));
                  strings(sub, "verbs", verbs);
                });
      }
    }
    return entry.put("freshness", "Current");
  }

  private static ObjectNode responseKind(SubresourceKinds.Gvk kind) {
    return Json.object()
        .put("group", kind.group())
        .put("version", kind.version())
        .put("kind", kind.kind());
  }

  private static void optional(ObjectNode entry, String field, Collection<String> values) {
    if (!values.isEmpty()) {
      strings(entry, field, values);
    }
  }

  private static void strings(ObjectNode entry, String field, Collection<String> values) {
    ArrayNode list = entry.putArray(field);
    new LinkedHashSet<>(values).forEach(list::add);
  }
}
