package io.berth.apiserver.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class OpenApiMergeTest {
  private static ObjectNode tree(String json) {
    return (ObjectNode) Json.parse(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void whatIsNewIsAddedAndWhatIsThereStays() {
    ObjectNode document =
        tree(
            "{'paths':{'/a':{'x':1}},'definitions':{'A':{'type':'object'},'B':{'type':'string'}}}");
    OpenApiMerge.into(
        document,
        tree("{'paths':{'/a':{'x':2},'/c':{'x':3}},'definitions':{'B':{'type':'string'},'C':{}}}"));
    assertThat(document)
        .isEqualTo(
            tree(
                "{'paths':{'/a':{'x':1},'/c':{'x':3}},'definitions':{'A':{'type':'object'},"
                    + "'B':{'type':'string'},'C':{}}}"));
  }

  @Test
  void aDefinitionWhoseNameIsTakenGetsAnotherAndIsReferredToByIt() {
    ObjectNode document = tree("{'paths':{},'definitions':{'A':{'type':'object'},'A_v2':{}}}");
    OpenApiMerge.into(
        document,
        tree(
            "{'paths':{'/c':{'schema':{'$ref':'#/definitions/A'}}},'definitions':{"
                + "'A':{'type':'string'},'C':{'items':[{'$ref':'#/definitions/A'}]}}}"));
    assertThat(document.path("paths"))
        .isEqualTo(tree("{'/c':{'schema':{'$ref':'#/definitions/A_v3'}}}"));
    assertThat(document.path("definitions"))
        .isEqualTo(
            tree(
                "{'A':{'type':'object'},'A_v2':{},'A_v3':{'type':'string'},"
                    + "'C':{'items':[{'$ref':'#/definitions/A_v3'}]}}"));
  }

  @Test
  void metadataIsDescribedOnce() {
    String meta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
    ObjectNode document = tree("{'paths':{},'definitions':{'" + meta + "':{'x':1}}}");
    OpenApiMerge.into(document, tree("{'paths':{},'definitions':{'" + meta + "':{'x':2}}}"));
    assertThat(document.path("definitions")).isEqualTo(tree("{'" + meta + "':{'x':1}}"));
  }
}
