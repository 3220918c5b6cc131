package io.berth.scheduler.core;

import io.berth.api.object.LabelSelector;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which pods are meant: by their namespace and their labels.
 *
 * @param namespaces these namespaces
 * @param namespaceSelector and those whose labels match; null for none
 * @param labels the labels that the pods must bear
 */
public record PodSelector(
    Set<String> namespaces, @Nullable LabelSelector namespaceSelector, LabelSelector labels) {
  public PodSelector {
    namespaces = Set.copyOf(namespaces);
  }

  /** The pods of one namespace. */
  public static PodSelector in(String namespace, LabelSelector labels) {
    return new PodSelector(Set.of(namespace), null, labels);
  }

  /**
   * @param namespaceLabels the labels of the pod's namespace
   */
  public boolean matches(
      String namespace, Map<String, String> namespaceLabels, Map<String, String> podLabels) {
    boolean meant =
        namespaces.contains(namespace)
            || (namespaceSelector != null && namespaceSelector.matches(namespaceLabels));
    return meant && labels.matches(podLabels);
  }
}
