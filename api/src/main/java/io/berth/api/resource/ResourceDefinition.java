package io.berth.api.resource;

import io.berth.api.schema.TypeRef;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the API says of one resource: the data that discovery prints and that every part uses to
 * find its way from a kind to a path and back. Immutable. Rules beyond data (validation, defaults
 * of a kind) live in the API server's strategies.
 *
 * @param group API group, empty for core
 * @param version served version
 * @param plural lower-case plural, the path segment
 * @param singular lower-case singular
 * @param kind CamelCase kind
 * @param scope namespaced or cluster-wide
 * @param shortNames what {@code kubectl get} also takes
 * @param categories groups such as {@code all}
 * @param verbs Kubernetes' verbs that the resource itself serves
 * @param subresources subresource name to the verbs it serves
 * @param selectableFields paths that field selectors may name, beside {@code metadata.name} and
 *     {@code metadata.namespace}
 * @param schema leads to the type that holds its fields, or null where it has none
 * @param storedAs the resource and version that its objects are stored as, or null where that is
 *     itself: of several versions of a resource one is stored, the others are converted
 */
public record ResourceDefinition(
    String group,
    String version,
    String plural,
    String singular,
    String kind,
    Scope scope,
    List<String> shortNames,
    List<String> categories,
    SortedSet<String> verbs,
    SortedMap<String, SortedSet<String>> subresources,
    List<String> selectableFields,
    @Nullable TypeRef schema,
    @Nullable ResourceDefinition storedAs) {

  public ResourceDefinition {
    shortNames = List.copyOf(shortNames);
    categories = List.copyOf(categories);
    verbs = Collections.unmodifiableSortedSet(new TreeSet<>(verbs));
    subresources = Collections.unmodifiableSortedMap(new TreeMap<>(subresources));
    selectableFields = List.copyOf(selectableFields);
  }

  public GroupResource groupResource() {
    return new GroupResource(group, plural);
  }

  /** What its objects are stored as: itself, or another version. */
  public ResourceDefinition storage() {
    return storedAs == null ? this : storedAs;
  }

  /** Where its objects lie in the store; differs from its own name for a second group. */
  public GroupResource storedResource() {
    return storage().groupResource();
  }

  /** The {@code apiVersion} of its objects: {@code v1} or {@code apps/v1}. */
  public String apiVersion() {
    return group.isEmpty() ? version : group + "/" + version;
  }

  public boolean namespaced() {
    return scope == Scope.NAMESPACED;
  }

  public boolean hasSubresource(String name) {
    return subresources.containsKey(name);
  }

  /** The path of the group and version: {@code /api/v1} or {@code /apis/apps/v1}. */
  public String basePath() {
    return group.isEmpty() ? "/api/" + version : "/apis/" + group + "/" + version;
  }

  /**
   * The path of the collection.
   *
   * @param namespace null or empty for all namespaces and for cluster-scoped resources
   */
  public String path(@Nullable String namespace) {
    return namespace == null || namespace.isEmpty() || !namespaced()
        ? basePath() + "/" + plural
        : basePath() + "/namespaces/" + namespace + "/" + plural;
  }

  /** The path of one object. */
  public String path(@Nullable String namespace, String name) {
    return path(namespace) + "/" + name;
  }

  /** The path of a subresource of one object. */
  public String path(@Nullable String namespace, String name, String subresource) {
    return path(namespace, name) + "/" + subresource;
  }
}
