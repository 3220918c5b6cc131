package io.berth.agent.network.policy;

import io.berth.api.object.ApiObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What policies look at of a pod.
 *
 * @param created when, as the API writes it: of two that claim an address the younger has it,
 *     unless the other runs here
 * @param local whether it is on this node, so that its connections are ours to judge
 * @param running whether this node's runtime says that it has the addresses, and not just its
 *     status
 * @param addresses none where it has none of its own: before it has begun, once it has ended, and
 *     with the node's network
 */
record NetPod(
    String uid,
    String namespace,
    String name,
    String created,
    boolean local,
    boolean running,
    Map<String, String> labels,
    List<String> addresses,
    List<Port> ports) {
  /** A named port of one of its containers. */
  record Port(String name, String protocol, int number) {}

  /** Of what {@link SlimPod} left. */
  static NetPod of(ApiObject slim, String node) {
    SlimPod.Content content = SlimPod.read(slim.json());
    return new NetPod(
        slim.header().uid(),
        slim.key().namespace(),
        slim.key().name(),
        content.created(),
        node.equals(content.node()),
        false,
        slim.header().labels(),
        content.addresses(),
        content.ports());
  }

  /** As the runtime has it. */
  NetPod runningAt(List<String> own) {
    return new NetPod(uid, namespace, name, created, local, true, labels, List.copyOf(own), ports);
  }

  Optional<Port> port(PolicyPort.Name wanted) {
    return ports.stream()
        .filter(p -> p.name.equals(wanted.name()) && p.protocol.equals(wanted.protocol()))
        .findFirst();
  }

  /** Whether it has an address before another that claims it too. */
  boolean before(NetPod other) {
    if (running != other.running) {
      return running;
    }
    int age = created.compareTo(other.created);
    return age == 0 ? uid.compareTo(other.uid) > 0 : age > 0;
  }
}
