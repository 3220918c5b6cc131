package io.berth.api.resource;

/**
 * Names a resource independent of its version: the group ({@code ""} for the core group) and the
 * plural.
 *
 * @param group API group, empty for core
 * @param resource lower-case plural, such as {@code pods}
 */
public record GroupResource(String group, String resource) implements Comparable<GroupResource> {
  @Override
  public int compareTo(GroupResource other) {
    int byGroup = group.compareTo(other.group);
    return byGroup != 0 ? byGroup : resource.compareTo(other.resource);
  }

  /** The form that messages use: {@code pods} or {@code deployments.apps}. */
  @Override
  public String toString() {
    return group.isEmpty() ? resource : resource + "." + group;
  }
}
