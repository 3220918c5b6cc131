package io.berth.api.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.schema.Schemas;
import io.berth.api.transport.ApiException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StrategicMergePatchTest {
  private static final ObjectType POD = Schemas.find("core.v1.Pod").orElseThrow();
  private static final ObjectType DEPLOYMENT = Schemas.find("apps.v1.Deployment").orElseThrow();
  private static final ObjectType NODE = Schemas.find("core.v1.Node").orElseThrow();
  private static final ObjectType SERVICE = Schemas.find("core.v1.Service").orElseThrow();

  @Test
  void aSelectorThatIsToBeReplacedIsNotMerged() {
    ObjectType budget = Schemas.find("policy.v1.PodDisruptionBudget").orElseThrow();
    ObjectNode before =
        (ObjectNode) json("{'spec':{'minAvailable':1,'selector':{'matchLabels':{'a':'1'}}}}");
    JsonNode patch = json("{'spec':{'selector':{'matchLabels':{'b':'2'}}}}");
    assertThat(StrategicMergePatch.apply(before, patch, budget))
        .isEqualTo(json("{'spec':{'minAvailable':1,'selector':{'matchLabels':{'b':'2'}}}}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // containers merge by name, and a new one that the patch names comes first
        "{'spec':{'containers':[{'name':'a','image':'1','tty':true}]}}"
            + "|{'spec':{'containers':[{'name':'b','image':'2'}]}}"
            + "|{'spec':{'containers':[{'name':'b','image':'2'},{'name':'a','image':'1','tty':true}]}}",
        "{'spec':{'containers':[{'name':'a','image':'1'},{'name':'b','image':'1'}]}}"
            + "|{'spec':{'containers':[{'name':'b','image':'2'}]}}"
            + "|{'spec':{'containers':[{'name':'a','image':'1'},{'name':'b','image':'2'}]}}",
        // tolerations are replaced
        "{'spec':{'tolerations':[{'key':'a'}]}}|{'spec':{'tolerations':[{'key':'b'}]}}"
            + "|{'spec':{'tolerations':[{'key':'b'}]}}",
        // $patch: delete of an item, also of one that is not there
        "{'spec':{'containers':[{'name':'a'},{'name':'b'}]}}"
            + "|{'spec':{'containers':[{'name':'a','$patch':'delete'},{'name':'x','$patch':'delete'}]}}"
            + "|{'spec':{'containers':[{'name':'b'}]}}",
        // $patch: replace of a list
        "{'spec':{'containers':[{'name':'a'},{'name':'b'}]}}"
            + "|{'spec':{'containers':[{'name':'c'},{'$patch':'replace'}]}}"
            + "|{'spec':{'containers':[{'name':'c'}]}}",
        // $patch: replace of an object
        "{'metadata':{'labels':{'a':'1','b':'2'}}}"
            + "|{'metadata':{'labels':{'$patch':'replace','c':'3'}}}|{'metadata':{'labels':{'c':'3'}}}",
        // $patch: delete of an object's fields
        "{'metadata':{'labels':{'a':'1'}}}|{'metadata':{'labels':{'$patch':'delete'}}}"
            + "|{'metadata':{'labels':{}}}",
        // null removes; nulls in what is new are dropped
        "{'spec':{'nodeName':'x'}}|{'spec':{'nodeName':null,'securityContext':{'runAsUser':null}}}"
            + "|{'spec':{'securityContext':{}}}",
        // finalizers are a merged list of scalars
        "{'metadata':{'finalizers':['a','b']}}|{'metadata':{'finalizers':['c','a']}}"
            + "|{'metadata':{'finalizers':['c','a','b']}}",
        "{'metadata':{'finalizers':['a','b','c']}}"
            + "|{'metadata':{'$deleteFromPrimitiveList/finalizers':['b']}}"
            + "|{'metadata':{'finalizers':['a','c']}}",
        "{'metadata':{'finalizers':['a','b','c']}}"
            + "|{'metadata':{'$deleteFromPrimitiveList/finalizers':['b'],"
            + "'$setElementOrder/finalizers':['d','c','a'],'finalizers':['d']}}"
            + "|{'metadata':{'finalizers':['d','c','a']}}",
        // $setElementOrder, with an item that only the server knows
        "{'spec':{'containers':[{'name':'a'},{'name':'s'},{'name':'b'}]}}"
            + "|{'spec':{'$setElementOrder/containers':[{'name':'b'},{'name':'a'}]}}"
            + "|{'spec':{'containers':[{'name':'s'},{'name':'b'},{'name':'a'}]}}",
        "{'spec':{'containers':[{'name':'a'},{'name':'b'}]}}"
            + "|{'spec':{'$setElementOrder/containers':[{'name':'c'},{'name':'a'}],"
            + "'containers':[{'name':'c','image':'x'}]}}"
            + "|{'spec':{'containers':[{'name':'c','image':'x'},{'name':'a'},{'name':'b'}]}}",
        // a new item stands where a deleted one stood, after what only the server knows
        "{'spec':{'volumes':[{'name':'s'},{'name':'t'},{'name':'a'}]}}"
            + "|{'spec':{'$setElementOrder/volumes':[{'name':'b'}],"
            + "'volumes':[{'name':'b'},{'name':'a','$patch':'delete'}]}}"
            + "|{'spec':{'volumes':[{'name':'s'},{'name':'t'},{'name':'b'}]}}",
        // $retainKeys in an item: another kind of volume replaces the former
        "{'spec':{'volumes':[{'name':'v','emptyDir':{}}]}}"
            + "|{'spec':{'volumes':[{'$retainKeys':['name','hostPath'],'name':'v','hostPath':{'path':'/x'}}]}}"
            + "|{'spec':{'volumes':[{'name':'v','hostPath':{'path':'/x'}}]}}",
        // nested merge lists
        "{'spec':{'containers':[{'name':'a','env':[{'name':'X','value':'1'}]}]}}"
            + "|{'spec':{'containers':[{'name':'a','env':[{'name':'X','value':'2'},{'name':'Y','value':'3'}]}]}}"
            + "|{'spec':{'containers':[{'name':'a','env':[{'name':'X','value':'2'},{'name':'Y','value':'3'}]}]}}",
        // where nothing is to merge with, what has a directive is left out
        "{'spec':{}}|{'spec':{'containers':[{'name':'a','$patch':'delete'},{'name':'b','image':null}]}}"
            + "|{'spec':{'containers':[{'name':'b'}]}}",
        "{'spec':{'containers':[{'name':'a'}]}}"
            + "|{'spec':{'containers':[{'name':'a','env':[{'name':'X','$patch':'delete'},{'name':'Y'}]}]}}"
            + "|{'spec':{'containers':[{'name':'a','env':[{'name':'Y'}]}]}}",
        "{'metadata':{}}|{'metadata':{'labels':{'$patch':'replace','a':'1'},'annotations':{'$patch':'delete'}}}"
            + "|{'metadata':{}}",
        "{'spec':{'containers':[]}}"
            + "|{'spec':{'containers':[{'name':'a','$setElementOrder/env':[{'name':'X'}],'$retainKeys':['name']}]}}"
            + "|{'spec':{'containers':[{'name':'a'}]}}",
        // a list that is replaced as a whole loses its directives too
        "{'spec':{'tolerations':[{'key':'a'}]}}"
            + "|{'spec':{'tolerations':[{'$patch':'replace'},{'key':'b'},{'key':'c','$patch':'delete'}]}}"
            + "|{'spec':{'tolerations':[{'key':'b'}]}}",
        // one item that says replace is about the list, and is itself no part of it
        "{'spec':{'containers':[{'name':'a'},{'name':'b'}]}}"
            + "|{'spec':{'containers':[{'name':'c'},{'name':'a','image':'x','$patch':'replace'}]}}"
            + "|{'spec':{'containers':[{'name':'c'}]}}",
        // a field of another type is replaced; an unknown field is merged as plain JSON
        "{'spec':{'foo':[1]},'bar':{'a':1}}|{'spec':{'foo':[2]},'bar':{'b':2}}"
            + "|{'spec':{'foo':[2]},'bar':{'a':1,'b':2}}",
      })
  void mergesAsKubernetesDoes(String object, String patch, String expected) {
    ObjectNode before = object(object);
    ObjectNode given = object(patch);
    assertThat(StrategicMergePatch.apply(before, given, POD)).isEqualTo(json(expected));
    assertThat(before).isEqualTo(json(object));
    assertThat(given).isEqualTo(json(patch));
  }

  @Test
  void aDeploymentsStrategyKeepsOnlyWhatItNames() {
    ObjectNode deployment =
        object("{'spec':{'strategy':{'type':'RollingUpdate','rollingUpdate':{'maxSurge':1}}}}");
    JsonNode patch = json("{'spec':{'strategy':{'$retainKeys':['type'],'type':'Recreate'}}}");
    assertThat(StrategicMergePatch.apply(deployment, patch, DEPLOYMENT))
        .isEqualTo(json("{'spec':{'strategy':{'type':'Recreate'}}}"));
  }

  @Test
  void conditionsMergeByTypeAndPortsByNumber() {
    ObjectNode node = object("{'status':{'conditions':[{'type':'Ready','status':'True'}]}}");
    assertThat(
            StrategicMergePatch.apply(
                node, json("{'status':{'conditions':[{'type':'Ready','status':'False'}]}}"), NODE))
        .isEqualTo(json("{'status':{'conditions':[{'type':'Ready','status':'False'}]}}"));
    ObjectNode service = object("{'spec':{'ports':[{'port':80,'name':'a'}]}}");
    assertThat(
            StrategicMergePatch.apply(
                service, json("{'spec':{'ports':[{'port':80,'targetPort':8080}]}}"), SERVICE))
        .isEqualTo(json("{'spec':{'ports':[{'port':80,'name':'a','targetPort':8080}]}}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'spec':{'containers':[{'image':'x'}]}}|422",
        "{'spec':{'$patch':'foo'}}|400",
        "{'metadata':{'labels':{'$patch':'merge','a':'b'}}}|400",
        "{'spec':{'containers':[{'name':'a','$patch':'merge'}]}}|400",
        "{'spec':{'containers':[{'name':'a','$patch':'foo'}]}}|400",
        "{'spec':{'containers':[{'$patch':'delete'}]}}|422",
        "{'spec':{'$retainKeys':['a'],'nodeName':'x'}}|400",
        "{'spec':{'$setElementOrder/containers':[{'name':'b'}],'containers':[{'name':'a'}]}}|400",
        "{'metadata':{'$deleteFromPrimitiveList/finalizers':'x'}}|400",
        "[]|400",
      })
  void malformedPatchesAreRefused(String patch, int code) {
    ObjectNode pod =
        object("{'spec':{'containers':[{'name':'a'}]},'metadata':{'labels':{'x':'y'}}}");
    assertThatThrownBy(() -> StrategicMergePatch.apply(pod, json(patch), POD))
        .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  @Test
  void patchTypesAreFoundByMediaType() {
    assertThat(PatchType.ofContentType("application/merge-patch+json; charset=utf-8"))
        .contains(PatchType.MERGE);
    assertThat(PatchType.ofContentType("application/json")).isEmpty();
  }

  private static ObjectNode object(String text) {
    return (ObjectNode) json(text);
  }

  private static JsonNode json(String text) {
    return Json.parse(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }
}
