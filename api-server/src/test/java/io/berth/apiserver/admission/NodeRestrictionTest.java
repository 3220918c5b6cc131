package io.berth.apiserver.admission;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.Resources;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionRequest.Operation;
import io.berth.apiserver.registry.Reinvocation;
import io.berth.apiserver.registry.WriteCall;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.RequestInfo;
import io.berth.apiserver.server.Verb;
import java.time.Instant;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class NodeRestrictionTest {
  private final NodeRestriction restriction = new NodeRestriction();

  private static ObjectNode node(String label, String value) {
    ObjectNode node = Json.object();
    node.putObject("metadata").put("name", "n1").putObject("labels").put(label, value);
    return node;
  }

  private void write(Identity who, ObjectNode node, @Nullable ObjectNode old) {
    RequestInfo info =
        new RequestInfo(old == null ? Verb.CREATE : Verb.UPDATE, Resources.NODES, "", "n1", "");
    WriteCall call =
        new WriteCall(info, who, Instant.EPOCH, false, null, Json::object, new ArrayList<>());
    restriction.validate(
        new AdmissionRequest(
            old == null ? Operation.CREATE : Operation.UPDATE,
            call,
            ObjectKey.of(Resources.NODES.groupResource(), "", "n1"),
            node,
            old,
            new Reinvocation()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
        "node.kubernetes.io/anything",
        "example.com/free",
        "plain"
      })
  void anAgentSaysWhatItsNodeIs(String label) {
    write(Identity.node("n1"), node(label, "v"), null);
    write(Identity.node("n1"), node(label, "w"), node(label, "v"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "node-restriction.kubernetes.io/tier",
        "node-role.kubernetes.io/control-plane",
        "x.k8s.io/y"
      })
  void anAgentDoesNotSayWhatOthersGoBy(String label) {
    assertThatThrownBy(() -> write(Identity.node("n1"), node(label, "v"), null))
        .hasMessage(
            "nodes \"n1\" is forbidden: is not allowed for node \"n1\" to set the following labels:"
                + " "
                + label);
    assertThatThrownBy(() -> write(Identity.node("n1"), node("plain", "v"), node(label, "v")))
        .hasMessageContaining("to modify labels: " + label);
    write(Identity.of("admin", Identity.MASTERS), node(label, "v"), null);
  }

  @Test
  void anAgentDoesNotChangeTaints() {
    ObjectNode old = node("plain", "v");
    ObjectNode tainted = old.deepCopy();
    tainted.putObject("spec").putArray("taints").addObject().put("key", "k");
    assertThatThrownBy(() -> write(Identity.node("n1"), tainted, old))
        .hasMessageContaining("node \"n1\" is not allowed to modify taints");
    write(Identity.node("n1"), tainted, null);
  }
}
