package io.berth.agent.pod;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.cgroup.PodCgroups;
import io.berth.agent.runtime.RuntimeDriver.Resources;
import io.berth.api.codec.Headers;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.object.QosClass;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PodResourcesTest {
  private static PodCgroups.Claim claim(String spec) {
    ObjectNode pod = Json.object().put("kind", "Pod").put("apiVersion", "v1");
    pod.putObject("metadata").put("namespace", "default").put("name", "p").put("uid", "u");
    pod.set("spec", Json.parse(spec.getBytes(StandardCharsets.UTF_8)));
    byte[] json = Json.bytes(pod);
    return PodResources.claim(
        new PodView(
            new ApiObject(Headers.read(io.berth.api.resource.Resources.PODS, json, 1), json)));
  }

  @Test
  void aPodMayUseWhatItsContainersMayAndItsOverhead() {
    String limits = "{\"limits\":{\"cpu\":\"500m\",\"memory\":\"64Mi\"}}";
    assertThat(
            claim(
                """
                {"overhead":{"cpu":"100m","memory":"16Mi"},
                 "containers":[{"name":"a","resources":%s},{"name":"b","resources":%1$s}]}
                """
                    .formatted(limits)))
        .isEqualTo(
            new PodCgroups.Claim(
                QosClass.GUARANTEED, new Resources(1100, 1100, 144L << 20, 144L << 20)));
  }

  @Test
  void aContainerWithoutALimitLeavesThePodWithoutOne() {
    assertThat(
            claim(
                """
                {"containers":[{"name":"a","resources":{"limits":{"cpu":"500m","memory":"64Mi"}}},
                 {"name":"b","resources":{"requests":{"cpu":"100m"}}}]}
                """))
        .isEqualTo(new PodCgroups.Claim(QosClass.BURSTABLE, new Resources(600, 0, 64L << 20, 0)));
  }

  @Test
  void resourcesOfThePodItselfComeFirst() {
    assertThat(
            claim(
                """
                {"resources":{"requests":{"cpu":"1","memory":"100Mi"},
                  "limits":{"cpu":"2","memory":"200Mi"}},
                 "containers":[{"name":"a","resources":{"requests":{"cpu":"100m"}}},{"name":"b"}]}
                """))
        .isEqualTo(
            new PodCgroups.Claim(
                QosClass.BURSTABLE, new Resources(1000, 2000, 100L << 20, 200L << 20)));
  }
}
