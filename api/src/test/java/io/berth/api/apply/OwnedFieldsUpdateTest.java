package io.berth.api.apply;

import static io.berth.api.apply.ApplyFixture.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;

final class OwnedFieldsUpdateTest {
  @Test
  void whoCreatesOwnsWhatItSetDownToEntries() {
    ApplyFixture map = ApplyFixture.configMap();
    map.update(
        "kubectl-create",
        "'metadata':{'name':'m','namespace':'n','uid':'u','labels':{'a':'1'}},'data':{'k':'v'}");

    assertThat(map.owned("kubectl-create"))
        .isEqualTo("{'f:data':{'.':{},'f:k':{}},'f:metadata':{'f:labels':{'.':{},'f:a':{}}}}");
    JsonNode entry = map.live().path("metadata").path("managedFields").get(0);
    assertThat(entry.properties().stream().map(java.util.Map.Entry::getKey))
        .containsExactly("manager", "operation", "apiVersion", "time", "fieldsType", "fieldsV1");
    assertThat(entry.path("operation").asText()).isEqualTo("Update");
    assertThat(entry.path("fieldsType").asText()).isEqualTo("FieldsV1");
  }

  @Test
  void partsThatAnObjectAlwaysHasAreNotOwnedThemselves() {
    ApplyFixture web = ApplyFixture.deployment();
    web.update(
        "kubectl-create",
        "'metadata':{'name':'web','labels':{'app':'web'}},'spec':{'replicas':1,"
            + "'selector':{'matchLabels':{'app':'web'}},"
            + "'strategy':{'type':'RollingUpdate','rollingUpdate':{'maxSurge':'25%','maxUnavailable':'25%'}},"
            + "'template':{'metadata':{'labels':{'app':'web'}},'spec':{'containers':[{'name':'c',"
            + "'image':'i','resources':{},'ports':[{'containerPort':80,'protocol':'TCP'}]}],"
            + "'dnsPolicy':'ClusterFirst','securityContext':{}}}},'status':{}");

    assertThat(web.owned("kubectl-create"))
        .isEqualTo(
            "{'f:metadata':{'f:labels':{'.':{},'f:app':{}}},"
                + "'f:spec':{'f:replicas':{},'f:selector':{},"
                + "'f:strategy':{'f:rollingUpdate':{'.':{},'f:maxSurge':{},'f:maxUnavailable':{}},"
                + "'f:type':{}},"
                + "'f:template':{'f:metadata':{'f:labels':{'.':{},'f:app':{}}},"
                + "'f:spec':{'f:containers':{'k:{\\'name\\':\\'c\\'}':{'.':{},'f:image':{},"
                + "'f:name':{},'f:ports':{'.':{},"
                + "'k:{\\'containerPort\\':80,\\'protocol\\':\\'TCP\\'}':{'.':{},"
                + "'f:containerPort':{},'f:protocol':{}}},'f:resources':{}}},"
                + "'f:dnsPolicy':{},'f:securityContext':{}}}}}");
  }

  @Test
  void whoChangesAFieldOwnsItAndTheFormerOwnerDoesNot() {
    ApplyFixture map = ApplyFixture.configMap();
    map.update("first", "'metadata':{'name':'m'},'data':{'a':'1','b':'1'}");
    map.update("second", "'metadata':{'name':'m'},'data':{'a':'1','b':'2','c':'3'}");

    assertThat(map.owned("first")).isEqualTo("{'f:data':{'.':{},'f:a':{}}}");
    assertThat(map.owned("second")).isEqualTo("{'f:data':{'f:b':{},'f:c':{}}}");
  }

  @Test
  void nobodyOwnsWhatIsGone() {
    ApplyFixture map = ApplyFixture.configMap();
    map.update("first", "'metadata':{'name':'m'},'data':{'a':'1','b':'1'}");
    map.update("second", "'metadata':{'name':'m'},'data':{'a':'1'}");
    assertThat(map.owned("first")).isEqualTo("{'f:data':{'.':{},'f:a':{}}}");
    assertThat(map.managers()).containsExactly("first Update");

    map.update("second", "'metadata':{'name':'m'}");
    assertThat(map.managers()).isEmpty();
  }

  @Test
  void aWriteThatChangesNothingChangesNoOwner() {
    ApplyFixture map = ApplyFixture.configMap();
    ObjectNode first = map.update("first", "'metadata':{'name':'m'},'data':{'a':'1'}").deepCopy();
    map.update("second", "'metadata':{'name':'m'},'data':{'a':'1'}");
    assertThat(map.live()).isEqualTo(first);
  }

  @Test
  void anOwnersTimeIsThatOfItsLastChange() {
    ApplyFixture map = ApplyFixture.configMap();
    map.update("first", "'metadata':{'name':'m'},'data':{'a':'1'}");
    map.update("first", "'metadata':{'name':'m'},'data':{'a':'2'}");
    assertThat(map.timeOf("first")).isEqualTo("2026-01-01T00:00:01Z");
    assertThat(map.managers()).hasSize(1);
  }

  @Test
  void theSameManagerThroughASubresourceIsAnotherOwner() {
    ApplyFixture pod = ApplyFixture.pod();
    pod.update("agent", "'metadata':{'name':'p'},'spec':{'nodeName':'n'}");
    ObjectNode running = pod.bare();
    running.withObject("/status").put("phase", "Running");
    pod.update("agent", "status", running, null);

    assertThat(pod.managers()).containsExactly("agent Update", "agent Update/status");
    JsonNode entry = pod.live().path("metadata").path("managedFields").get(1);
    assertThat(entry.path("fieldsV1").toString()).isEqualTo("{\"f:status\":{\"f:phase\":{}}}");
  }

  @Test
  void entriesAreOrderedByOperationThenTime() {
    ApplyFixture map = ApplyFixture.configMap();
    map.update("z", "'metadata':{'name':'m'},'data':{'a':'1'}");
    map.update("b", "'metadata':{'name':'m'},'data':{'a':'1','b':'1'}");
    map.apply("y", "'metadata':{'name':'m'},'data':{'c':'1'}");
    map.apply("x", "'metadata':{'name':'m'},'data':{'d':'1'}");
    assertThat(map.managers()).containsExactly("y Apply", "x Apply", "z Update", "b Update");
  }

  @Test
  void theOldestOfManyUpdatesAreMerged() {
    ApplyFixture map = ApplyFixture.configMap();
    ObjectNode object = map.object("'metadata':{'name':'m'},'data':{}");
    for (int i = 0; i < 13; i++) {
      object = object.deepCopy();
      object.withObject("/data").put("k" + i, "v");
      map.update("m" + i, "", object, null);
    }
    assertThat(map.managers()).hasSize(10).startsWith("ancient-changes Update", "m4 Update");
    assertThat(map.owned("ancient-changes"))
        .isEqualTo("{'f:data':{'.':{},'f:k0':{},'f:k1':{},'f:k2':{},'f:k3':{}}}");
    assertThat(map.timeOf("ancient-changes")).isEqualTo("2026-01-01T00:00:03Z");
  }

  @Test
  void clientsMayClearTheOwners() {
    ApplyFixture map = ApplyFixture.configMap();
    map.update("first", "'metadata':{'name':'m'},'data':{'a':'1'}");
    JsonNode sent = json("{'x':[{}]}").get("x");
    map.update("second", "", map.object("'metadata':{'name':'m'},'data':{'a':'2'}"), sent);
    assertThat(map.managers()).isEmpty();

    map.update("third", "'metadata':{'name':'m'},'data':{'a':'3'}");
    assertThat(map.managers()).as("what has no owners gets none by an update").isEmpty();
  }

  @Test
  void clientsThatKnowNothingOfOwnersKeepThemThoughTheySendAnEmptyList() {
    ApplyFixture map = ApplyFixture.configMap();
    map.update("first", "'metadata':{'name':'m'},'data':{'a':'1','b':'1'}");
    JsonNode sent = json("{'x':[]}").get("x");
    map.update("second", "", map.object("'metadata':{'name':'m'},'data':{'a':'2','b':'1'}"), sent);
    assertThat(map.managers()).containsExactly("first Update", "second Update");
  }

  @Test
  void malformedOwnersFromClientsAreIgnored() {
    for (String bad :
        new String[] {
          "[{'manager':'x','operation':'Eat','apiVersion':'v1','fieldsType':'FieldsV1','fieldsV1':{}}]",
          "[{'manager':'x','operation':'Update','fieldsType':'FieldsV1','fieldsV1':{}}]",
          "[{'manager':'x','operation':'Update','apiVersion':'v1','fieldsV1':{}}]",
          "[{'manager':'x','operation':'Update','apiVersion':'v1','fieldsType':'FieldsV1','fieldsV1':{'q:a':{}}}]",
          "[{'manager':'x','operation':'Update','apiVersion':'v1','fieldsType':'FieldsV1','fieldsV1':{'f:a':1}}]",
          "[{'manager':'x','operation':'Update','apiVersion':'v1','fieldsType':'FieldsV1','fieldsV1':7}]",
          "[7]"
        }) {
      ApplyFixture map = ApplyFixture.configMap();
      map.update("first", "'metadata':{'name':'m'},'data':{'a':'1'}");
      JsonNode sent = json("{'x':" + bad + "}").get("x");
      map.update("second", "", map.object("'metadata':{'name':'m'},'data':{'a':'1'}"), sent);
      assertThat(map.managers()).as(bad).containsExactly("first Update");
    }
  }

  @Test
  void ownersThatAClientSendsTakeThePlaceOfTheLiveOnes() {
    ApplyFixture map = ApplyFixture.configMap();
    map.update("first", "'metadata':{'name':'m'},'data':{'a':'1','b':'1'}");
    JsonNode sent =
        json("{'x':[{'manager':'other','operation':'Update','apiVersion':'v1','time':'2025-01-01T00:00:00Z',"
                + "'fieldsType':'FieldsV1','fieldsV1':{'f:data':{'f:b':{},'f:a':{}}}}]}")
            .get("x");
    map.update("second", "", map.object("'metadata':{'name':'m'},'data':{'a':'1','b':'2'}"), sent);
    assertThat(map.managers()).containsExactly("other Update", "second Update");
    assertThat(map.owned("other")).isEqualTo("{'f:data':{'f:a':{}}}");
  }

  @Test
  void itemsAreOwnedByKeyAndSetsByValue() {
    ApplyFixture pod = ApplyFixture.pod();
    pod.update(
        "a",
        "'metadata':{'name':'p','finalizers':['x/y'],'ownerReferences':[{'uid':'u','kind':'K',"
            + "'name':'n','apiVersion':'v1'}]}");
    assertThat(pod.owned("a"))
        .isEqualTo(
            "{'f:metadata':{'f:finalizers':{'.':{},'v:\\'x/y\\'':{}},"
                + "'f:ownerReferences':{'.':{},'k:{\\'uid\\':\\'u\\'}':{}}}}");

    ObjectNode more = pod.bare();
    more.withObject("/metadata").withArray("finalizers").insert(0, "a/b");
    pod.update("b", "", more, null);
    assertThat(pod.owned("b")).isEqualTo("{'f:metadata':{'f:finalizers':{'v:\\'a/b\\'':{}}}}");
  }

  @Test
  void anItemWithoutItsKeyIsOwnedByNobody() {
    ApplyFixture pod = ApplyFixture.pod();
    pod.update("a", "'metadata':{'name':'p'},'spec':{'containers':[{'image':'i'},{'name':'c'}]}");
    assertThat(pod.owned("a"))
        .isEqualTo("{'f:spec':{'f:containers':{'k:{\\'name\\':\\'c\\'}':{'.':{},'f:name':{}}}}}");
  }

  @Test
  void itemsOfOneKeyAreOwnedTogether() {
    ApplyFixture service = ApplyFixture.service();
    String twice =
        "'metadata':{'name':'s'},'spec':{'ports':[{'port':1,'name':'a'},{'port':1,'name':'b'}]}";
    service.update("a", "'metadata':{'name':'s'},'spec':{'ports':[{'port':1,'name':'a'}]}");
    service.update("b", twice);
    assertThat(service.owned("b"))
        .isEqualTo("{'f:spec':{'f:ports':{'k:{\\'port\\':1,\\'protocol\\':\\'TCP\\'}':{}}}}");
    assertThat(service.owned("a")).isEqualTo("{'f:spec':{'f:ports':{}}}");
    service.update("c", twice.replace("'b'}", "'c'}"));
    assertThat(service.managers()).containsExactly("a Update", "c Update");
  }
}
