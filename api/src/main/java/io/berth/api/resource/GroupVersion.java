package io.berth.api.resource;

/**
 * A version of an API group.
 *
 * @param group empty for core
 * @param version such as {@code v1beta1}
 */
public record GroupVersion(String group, String version) {
  /** {@code /apis/GROUP/VERSION}, or {@code /api/v1}. */
  public String path() {
    return group.isEmpty() ? "/api/" + version : "/apis/" + group + "/" + version;
  }

  /** {@code VERSION.GROUP}, the name of the APIService that stands for it. */
  public String apiServiceName() {
    return version + "." + group;
  }

  /** {@code GROUP/VERSION}, as {@code apiVersion} fields have it. */
  @Override
  public String toString() {
    return group.isEmpty() ? version : group + "/" + version;
  }
}
