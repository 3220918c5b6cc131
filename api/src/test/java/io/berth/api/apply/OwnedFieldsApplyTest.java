package io.berth.api.apply;

import static io.berth.api.apply.ApplyFixture.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.transport.ApiException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class OwnedFieldsApplyTest {
  private static ApiException refused(Runnable apply) {
    ApiException e = catchThrowableOfType(ApiException.class, apply::run);
    assertThat(e).as("the apply is refused").isNotNull();
    return e;
  }

  private static String data(ApplyFixture map) {
    return map.live().path("data").toString().replace('"', '\'');
  }

  @Test
  void anApplierOwnsTheLeavesThatItNames() {
    ApplyFixture map = ApplyFixture.configMap();
    map.apply("a", "'metadata':{'name':'m','labels':{'l':'1'}},'data':{'k':'v'}");
    assertThat(map.managers()).containsExactly("a Apply");
    assertThat(map.owned("a"))
        .isEqualTo("{'f:data':{'f:k':{}},'f:metadata':{'f:labels':{'f:l':{}}}}");
    assertThat(map.bare())
        .isEqualTo(map.object("'metadata':{'name':'m','labels':{'l':'1'}},'data':{'k':'v'}"));
  }

  @Test
  void applyingTheSameAgainChangesNothing() {
    ApplyFixture map = ApplyFixture.configMap();
    ObjectNode first = map.apply("a", "'metadata':{'name':'m'},'data':{'k':'v'}").deepCopy();
    assertThat(map.apply("a", "'metadata':{'name':'m'},'data':{'k':'v'}")).isEqualTo(first);
  }

  @Test
  void whatIsNotNamedAnyMoreGoes() {
    ApplyFixture map = ApplyFixture.configMap();
    map.apply("a", "'metadata':{'name':'m'},'data':{'k':'v','l':'w'}");
    map.apply("a", "'metadata':{'name':'m'},'data':{'k':'v'}");
    assertThat(data(map)).isEqualTo("{'k':'v'}");
    map.apply("a", "'metadata':{'name':'m'}");
    assertThat(map.live().has("data")).isFalse();
    assertThat(map.managers()).isEmpty();
  }

  @Test
  void theLastAnnotationAndTheLastLabelGoAndTheNameStays() {
    ApplyFixture map = ApplyFixture.configMap();
    map.apply("a", "'metadata':{'name':'m','annotations':{'n':'1'},'labels':{'l':'1'}}");
    map.apply("a", "'metadata':{'name':'m','labels':{'l':'1'}}");
    assertThat(map.bare()).isEqualTo(map.object("'metadata':{'name':'m','labels':{'l':'1'}}"));
    map.apply("a", "'metadata':{'name':'m'}");
    assertThat(map.bare()).isEqualTo(map.object("'metadata':{'name':'m'}"));
  }

  @Test
  void whatAnotherOwnsTooStays() {
    ApplyFixture map = ApplyFixture.configMap();
    map.apply("a", "'metadata':{'name':'m'},'data':{'k':'v','l':'w'}");
    map.apply("b", "'metadata':{'name':'m'},'data':{'l':'w'}");
    map.apply("a", "'metadata':{'name':'m'},'data':{'k':'v'}");
    assertThat(data(map)).isEqualTo("{'k':'v','l':'w'}");
    map.apply("b", "'metadata':{'name':'m'}");
    assertThat(data(map)).isEqualTo("{'k':'v'}");
  }

  @Test
  void whatAnUpdateChangedSinceStaysWithTheUpdater() {
    ApplyFixture map = ApplyFixture.configMap();
    map.apply("a", "'metadata':{'name':'m'},'data':{'k':'v','l':'w'}");
    map.update("u", "'metadata':{'name':'m'},'data':{'k':'v','l':'x'}");
    map.apply("a", "'metadata':{'name':'m'},'data':{'k':'v'}");
    assertThat(data(map)).isEqualTo("{'k':'v','l':'x'}");
    assertThat(map.owned("u")).isEqualTo("{'f:data':{'f:l':{}}}");
  }

  @Test
  void whatOthersOwnConflictsWithItsNameAndPath() {
    ApplyFixture map = ApplyFixture.configMap();
    map.apply("a", "'metadata':{'name':'m'},'data':{'k':'v'}");
    ApiException one =
        refused(() -> map.apply("b", "'metadata':{'name':'m'},'data':{'k':'other'}"));
    assertThat(one.code()).isEqualTo(409);
    assertThat(one.reason()).isEqualTo("Conflict");
    assertThat(one.getMessage())
        .isEqualTo("Apply failed with 1 conflict: conflict with \"a\": .data.k");
    assertThat(String.valueOf(one.details()))
        .isEqualTo(
            "{\"causes\":[{\"reason\":\"FieldManagerConflict\",\"message\":\"conflict with"
                + " \\\"a\\\"\",\"field\":\".data.k\"}]}");
    assertThat(data(map)).isEqualTo("{'k':'v'}");
  }

  @Test
  void conflictsAreToldByOwner() {
    ApplyFixture web = ApplyFixture.deployment();
    web.apply("a", "'metadata':{'name':'d'},'spec':{'paused':true}");
    web.update(
        "kubectl-scale",
        "scale",
        (ObjectNode) web.bare().set("spec", json("{'paused':true,'replicas':2}")),
        null);
    web.apply(
        "c",
        "'metadata':{'name':'d'},'spec':{'template':{'spec':{'containers':[{'name':'x','image':'i'}]}}}");
    ApiException all =
        refused(
            () ->
                web.apply(
                    "b",
                    "'metadata':{'name':'d'},'spec':{'paused':false,'replicas':3,'template':{'spec':"
                        + "{'containers':[{'name':'x','image':'j'}]}}}"));
    assertThat(all.getMessage())
        .isEqualTo(
            "Apply failed with 3 conflicts: conflicts with \"a\":\n- .spec.paused\nconflicts with"
                + " \"c\":\n- .spec.template.spec.containers[name=\"x\"].image\nconflicts with"
                + " \"kubectl-scale\" with subresource \"scale\" using apps/v1:\n- .spec.replicas");
  }

  @Test
  void forceTakesTheFields() {
    ApplyFixture map = ApplyFixture.configMap();
    map.apply("a", "'metadata':{'name':'m'},'data':{'k':'v','l':'w'}");
    map.force("b", "'metadata':{'name':'m'},'data':{'k':'other'}");
    assertThat(data(map)).isEqualTo("{'k':'other','l':'w'}");
    assertThat(map.owned("a")).isEqualTo("{'f:data':{'f:l':{}}}");
    assertThat(map.owned("b")).isEqualTo("{'f:data':{'f:k':{}}}");
  }

  @Test
  void theSameValueIsShared() {
    ApplyFixture map = ApplyFixture.configMap();
    map.apply("a", "'metadata':{'name':'m'},'data':{'k':'v'}");
    map.apply("b", "'metadata':{'name':'m'},'data':{'k':'v'}");
    assertThat(map.owned("a")).isEqualTo(map.owned("b")).isEqualTo("{'f:data':{'f:k':{}}}");
    assertThat(refused(() -> map.apply("a", "'metadata':{'name':'m'},'data':{'k':'w'}")).code())
        .isEqualTo(409);
  }

  @Test
  void itemsOfListsAreMergedByKey() {
    ApplyFixture web = ApplyFixture.pod();
    web.apply(
        "a",
        "'metadata':{'name':'p'},'spec':{'containers':[{'name':'one','image':'i'},{'name':'two','image':'i'}]}");
    web.apply(
        "b",
        "'metadata':{'name':'p'},'spec':{'containers':[{'name':'three','image':'i'},{'name':'two','tty':true}]}");
    assertThat(web.live().path("spec").path("containers"))
        .isEqualTo(
            json("{'x':[{'name':'one','image':'i'},{'name':'three','image':'i'},"
                    + "{'name':'two','image':'i','tty':true}]}")
                .get("x"));
    assertThat(web.owned("b"))
        .isEqualTo(
            "{'f:spec':{'f:containers':{'k:{\\'name\\':\\'three\\'}':{'.':{},'f:image':{},'f:name':{}},"
                + "'k:{\\'name\\':\\'two\\'}':{'.':{},'f:name':{},'f:tty':{}}}}}");

    web.apply("b", "'metadata':{'name':'p'},'spec':{'containers':[{'name':'two'}]}");
    assertThat(web.live().path("spec").path("containers"))
        .isEqualTo(json("{'x':[{'name':'one','image':'i'},{'name':'two','image':'i'}]}").get("x"));
  }

  @Test
  void aKeysDefaultCountsWhereItIsNotGiven() {
    ApplyFixture service = ApplyFixture.service();
    service.update(
        "u",
        "'metadata':{'name':'s'},'spec':{'ports':[{'port':53,'protocol':'TCP'},{'port':53,'protocol':'UDP'}]}");
    service.apply("a", "'metadata':{'name':'s'},'spec':{'ports':[{'port':53,'name':'dns'}]}");
    assertThat(service.live().path("spec").path("ports"))
        .isEqualTo(
            json("{'x':[{'port':53,'protocol':'TCP','name':'dns'},{'port':53,'protocol':'UDP'}]}")
                .get("x"));
    assertThat(service.owned("a"))
        .isEqualTo(
            "{'f:spec':{'f:ports':{'k:{\\'port\\':53,\\'protocol\\':\\'TCP\\'}':{'.':{},'f:name':{},'f:port':{}}}}}");
  }

  @Test
  void setsAreMergedByValue() {
    ApplyFixture pod = ApplyFixture.pod();
    pod.apply("a", "'metadata':{'name':'p','finalizers':['x/a','x/b']}");
    pod.apply("b", "'metadata':{'name':'p','finalizers':['x/c','x/b']}");
    assertThat(pod.live().at("/metadata/finalizers").toString())
        .isEqualTo("[\"x/a\",\"x/c\",\"x/b\"]");
    pod.apply("a", "'metadata':{'name':'p'}");
    assertThat(pod.live().at("/metadata/finalizers").toString()).isEqualTo("[\"x/c\",\"x/b\"]");
    pod.apply("b", "'metadata':{'name':'p'}");
    assertThat(pod.live().path("metadata").has("finalizers")).isFalse();
  }

  @Test
  void atomicListsMapsAndObjectsAreReplacedWhole() {
    ApplyFixture service = ApplyFixture.service();
    service.apply(
        "a",
        "'metadata':{'name':'s'},'spec':{'selector':{'x':'1','y':'1'},'externalIPs':['1.1.1.1']}");
    service.apply(
        "a", "'metadata':{'name':'s'},'spec':{'selector':{'x':'1'},'externalIPs':['2.2.2.2']}");
    assertThat(service.live().path("spec"))
        .isEqualTo(json("{'selector':{'x':'1'},'externalIPs':['2.2.2.2']}"));
    assertThat(service.owned("a")).isEqualTo("{'f:spec':{'f:externalIPs':{},'f:selector':{}}}");
    ApiException conflict =
        refused(
            () ->
                service.apply(
                    "b", "'metadata':{'name':'s'},'spec':{'selector':{'x':'1','z':'1'}}"));
    assertThat(conflict.getMessage()).endsWith("conflict with \"a\": .spec.selector");
  }

  @Test
  void whatWasThereBeforeTheFirstApplyConflictsToo() {
    ApplyFixture map = ApplyFixture.configMap();
    map.update("u", "'metadata':{'name':'m'},'data':{'k':'v'}");
    map.update("u", "", map.bare(), json("{'x':[{}]}").get("x"));
    assertThat(map.managers()).isEmpty();
    ApiException conflict =
        refused(() -> map.apply("a", "'metadata':{'name':'m'},'data':{'k':'w'}"));
    assertThat(conflict.getMessage())
        .isEqualTo(
            "Apply failed with 1 conflict: conflict with \"before-first-apply\" using v1: .data.k");
    map.apply("a", "'metadata':{'name':'m'},'data':{'l':'1'}");
    assertThat(map.managers()).containsExactly("a Apply", "before-first-apply Update");
  }

  @Test
  void configurationsThatDoNotFitTheTypeAreRefused() {
    ApplyFixture web = ApplyFixture.deployment();
    String about = "failed to create typed patch object (/d; apps/v1, Kind=Deployment): ";
    for (List<String> bad :
        List.of(
            List.of("'spec':{'foo':1}", ".spec.foo: field not declared in schema"),
            List.of(
                "'spec':{'replicas':'1'}",
                ".spec.replicas: expected numeric (int or float), got string"),
            List.of(
                "'spec':{'paused':'x'}",
                ".spec.paused: expected boolean, got &value.valueUnstructured{Value:\"x\"}"),
            List.of("'spec':[]", ".spec: expected map, got &{}"),
            List.of(
                "'spec':{'template':{'spec':{'containers':{}}}}",
                ".spec.template.spec.containers: expected list, got &{}"),
            List.of(
                "'spec':{'template':{'spec':{'containers':[{'image':'i'}]}}}",
                ".spec.template.spec.containers: element 0: associative list with keys has an"
                    + " element that omits all key fields [\"name\"] (and doesn't have default"
                    + " values for any key fields)"),
            List.of(
                "'spec':{'template':{'spec':{'containers':[{'name':'a'},{'name':'a'}]}}}",
                ".spec.template.spec.containers: duplicate entries for key [name=\"a\"]"),
            List.of(
                "'spec':{'template':{'spec':{'containers':[{'name':'a','env':[{'name':'x','value':1}]}]}}}",
                ".spec.template.spec.containers[name=\"a\"].env[name=\"x\"].value: expected string,"
                    + " got &value.valueUnstructured{Value:1}"))) {
      ApiException e = refused(() -> web.apply("a", "'metadata':{'name':'d'}," + bad.get(0)));
      assertThat(e.code()).isEqualTo(400);
      assertThat(e.getMessage()).isEqualTo(about + bad.get(1));
    }
    ApiException owners =
        refused(() -> web.apply("a", "'metadata':{'name':'d','managedFields':[]}"));
    assertThat(owners.getMessage()).isEqualTo("metadata.managedFields must be nil");
  }

  @Test
  void valuesThatMayBeNumbersAreTakenAsThey() {
    ApplyFixture pod = ApplyFixture.pod();
    pod.apply(
        "a",
        "'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','resources':{'limits':{'cpu':1}},"
            + "'livenessProbe':{'httpGet':{'port':80}}}]}");
    assertThat(pod.live().at("/spec/containers/0/resources/limits/cpu").asInt()).isEqualTo(1);
  }

  @Test
  void fieldsOfAnotherWayOfWritingAreNeitherOwnedNorInConflict() {
    ApplyFixture web = ApplyFixture.deployment();
    web.apply("a", "'metadata':{'name':'d'},'spec':{'replicas':1}");
    ObjectNode status = web.bare();
    status.withObject("/status").put("replicas", 1);
    web.update("controller", "status", status, null);
    ObjectNode config =
        web.object("'metadata':{'name':'d'},'spec':{'replicas':1},'status':{'replicas':5}");
    ObjectNode next =
        new OwnedFields(web.type())
            .apply(
                web.live(),
                config,
                new Writer("b", "apps/v1", "", "2026-01-01T00:01:00Z"),
                false,
                FieldSet.ofFields("status"));
    JsonNode entries = next.path("metadata").path("managedFields");
    assertThat(entries.get(1).path("fieldsV1").toString())
        .isEqualTo("{\"f:spec\":{\"f:replicas\":{}}}");
    assertThat(entries.get(2).path("fieldsV1").toString())
        .contains("f:replicas")
        .startsWith("{\"f:status\"");
  }

  @Test
  void whatKubectlAppliedOnItsSideGoesOverWithoutConflict() {
    ApplyFixture map = ApplyFixture.configMap();
    String applied =
        "{\\\"apiVersion\\\":\\\"v1\\\",\\\"kind\\\":\\\"ConfigMap\\\",\\\"data\\\":{\\\"k\\\":\\\"v\\\",\\\"l\\\":\\\"was\\\"}}";
    map.update(
        "kubectl-client-side-apply",
        "'metadata':{'name':'m','annotations':{'kubectl.kubernetes.io/last-applied-configuration':'"
            + applied
            + "'}},'data':{'k':'v','l':'is'}");
    assertThat(
            refused(() -> map.apply("kubectl", "'metadata':{'name':'m'},'data':{'k':'w','l':'x'}"))
                .getMessage())
        .isEqualTo(
            "Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\" using v1:"
                + " .data.l");
    assertThat(refused(() -> map.apply("other", "'metadata':{'name':'m'},'data':{'k':'w'}")).code())
        .isEqualTo(409);

    map.apply("kubectl", "'metadata':{'name':'m'},'data':{'k':'w'}");
    assertThat(data(map)).isEqualTo("{'k':'w','l':'is'}");
    assertThat(map.live().at("/metadata/annotations").elements().next().asText())
        .isEqualTo(
            "{\"apiVersion\":\"v1\",\"data\":{\"k\":\"w\"},\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"m\"}}\n");
  }

  @Test
  void theConfigurationsOrderOfItemsHolds() {
    ApplyFixture pod = ApplyFixture.pod();
    pod.apply("a", "'metadata':{'name':'p','finalizers':['x/a','x/b','x/c']}");
    pod.apply("b", "'metadata':{'name':'p','finalizers':['x/c','x/a','x/n']}");
    assertThat(pod.live().at("/metadata/finalizers").toString())
        .isEqualTo("[\"x/b\",\"x/c\",\"x/a\",\"x/n\"]");
  }
}
