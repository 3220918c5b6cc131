package io.berth.api.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ObjectHeader;
import io.berth.api.resource.Resources;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class HeadersTest {
  private static final String POD =
      "{\"spec\":{\"nodeName\":\"n1\",\"containers\":[{\"name\":\"c\"}]},\"metadata\":{\"name\":\"a\","
          + "\"resourceVersion\":\"41\",\"namespace\":\"default\",\"uid\":\"u1\","
          + "\"labels\":{\"app\":\"x\"},\"ownerReferences\":[{\"kind\":\"R\",\"uid\":\"o1\"},"
          + "{\"uid\":\"o2\"}],\"managedFields\":[{\"f\":{\"metadata\":{}}}]},"
          + "\"status\":{\"phase\":\"Running\",\"podIPs\":[]},"
          + "\"apiVersion\":\"v1\",\"kind\":\"Pod\"}";

  @Test
  void aHeaderHoldsWhatSelectorsLookAt() {
    ObjectHeader header = Headers.read(Resources.PODS, bytes(POD));
    assertThat(header.key().namespacedName()).isEqualTo("default/a");
    assertThat(header.revision()).isEqualTo(41);
    assertThat(header.uid()).isEqualTo("u1");
    assertThat(header.labels()).containsExactly(entry("app", "x"));
    assertThat(header.ownerUids()).containsExactly("o1", "o2");
    assertThat(header.deleting()).isFalse();
    assertThat(header.fields())
        .containsEntry("spec.nodeName", "n1")
        .containsEntry("status.phase", "Running")
        .containsEntry("spec.hostNetwork", "false")
        .containsEntry("spec.schedulerName", "")
        .hasSize(Resources.PODS.selectableFields().size());
  }

  @Test
  void booleansAreSelectedByTheirText() {
    byte[] node = bytes("{\"metadata\":{\"name\":\"n\"},\"spec\":{\"unschedulable\":true}}");
    assertThat(Headers.read(Resources.NODES, node, 3).fields())
        .containsEntry("spec.unschedulable", "true");
  }

  @Test
  void anEventIsSelectedByItsSource() {
    byte[] event =
        bytes(
            "{\"metadata\":{\"name\":\"e\",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"},"
                + "\"involvedObject\":{\"name\":\"p\",\"kind\":\"Pod\"},\"source\":{},"
                + "\"reportingComponent\":\"kubelet\",\"type\":\"Normal\"}");
    ObjectHeader header = Headers.read(Resources.EVENTS, event, 7);
    assertThat(header.fields())
        .containsEntry("source", "kubelet")
        .containsEntry("involvedObject.name", "p");
    assertThat(header.deleting()).isTrue();
    assertThat(header.revision()).isEqualTo(7);
  }

  @Test
  void theRevisionIsSplicedIntoStoredBytes() {
    byte[] stored = Headers.stored((ObjectNode) Json.parse(bytes(POD)));
    String text = new String(stored, StandardCharsets.UTF_8);
    assertThat(text)
        .startsWith("{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a\"")
        .doesNotContain("resourceVersion");
    byte[] sent = Headers.withRevision(stored, 12345);
    assertThat(Headers.read(Resources.PODS, sent).revision()).isEqualTo(12345);
    ObjectNode back = (ObjectNode) Json.parse(sent);
    assertThat(back.at("/metadata/resourceVersion").asText()).isEqualTo("12345");
    back.withObjectProperty("metadata").put("resourceVersion", "41");
    assertThat(back).isEqualTo(Json.parse(bytes(POD)));
  }

  @Test
  void theRevisionFitsIntoEmptyMetadata() {
    byte[] stored = bytes("{\"kind\":\"A\",\"apiVersion\":\"v1\",\"metadata\":{}}");
    assertThat(new String(Headers.withRevision(stored, 1), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"kind\":\"A\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"1\"}}");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
