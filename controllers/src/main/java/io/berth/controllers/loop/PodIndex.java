package io.berth.controllers.loop;

import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.client.Informer;
import io.berth.client.Informers;
import io.berth.controllers.object.OwnerReference;
import io.berth.controllers.object.PodFacts;
import java.util.List;
import java.util.Optional;

/**
 * The pod informer as controllers ask it: by controller, by node, by what no one controls. Facts
 * are read once a version. Safe for use by many threads.
 */
public final class PodIndex {
  private static final String BY_CONTROLLER = "pod-controller";
  private static final String BY_NODE = "pod-node";
  private static final String UNCONTROLLED = "none/";

  private final Informer informer;
  private final Memo<PodFacts> facts;

  public PodIndex(Informers informers) {
    informer = informers.of(Resources.PODS);
    facts = new Memo<>(informer, PodFacts::of);
    informer.addIndex(BY_CONTROLLER, pod -> List.of(controllerKey(pod)));
    informer.addIndex(
        BY_NODE, pod -> List.of(pod.header().fields().getOrDefault("spec.nodeName", "")));
  }

  /** A pod without owners need not be read for it. */
  private String controllerKey(ApiObject pod) {
    OwnerReference controller =
        pod.header().ownerUids().isEmpty() ? null : facts.of(pod).controller();
    return controller == null ? UNCONTROLLED + pod.key().namespace() : controller.uid();
  }

  public Informer informer() {
    return informer;
  }

  public PodFacts facts(ApiObject pod) {
    return facts.of(pod);
  }

  public Optional<PodFacts> get(String namespace, String name) {
    return informer.get(namespace, name).map(facts::of);
  }

  /** Pods that the object with that uid controls, in the order of their names. */
  public List<PodFacts> controlledBy(String uid) {
    return read(informer.byIndex(BY_CONTROLLER, uid));
  }

  /** Pods of a namespace that nothing controls. */
  public List<PodFacts> uncontrolled(String namespace) {
    return read(informer.byIndex(BY_CONTROLLER, UNCONTROLLED + namespace));
  }

  /** Pods bound to a node. */
  public List<PodFacts> onNode(String node) {
    return read(informer.byIndex(BY_NODE, node));
  }

  /** Pods that are bound to no node. */
  public List<PodFacts> unbound() {
    return onNode("");
  }

  public List<PodFacts> inNamespace(String namespace) {
    return read(informer.inNamespace(namespace));
  }

  public List<PodFacts> all() {
    return read(informer.list());
  }

  private List<PodFacts> read(List<ApiObject> pods) {
    return pods.stream().map(facts::of).toList();
  }
}
