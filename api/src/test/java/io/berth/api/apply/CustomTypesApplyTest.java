package io.berth.api.apply;

import static io.berth.api.apply.ApplyFixture.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.schema.CustomTypes;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class CustomTypesApplyTest {
  private static final String SCHEMA =
      "{'type':'object','properties':{'spec':{'type':'object','properties':{"
          + "'size':{'type':'integer'},"
          + "'ports':{'type':'array','x-kubernetes-list-type':'map','x-kubernetes-list-map-keys':"
          + "['port','protocol'],'items':{'type':'object','properties':{'port':{'type':'integer'},"
          + "'protocol':{'type':'string','default':'TCP'},'name':{'type':'string'}}}},"
          + "'tags':{'type':'array','x-kubernetes-list-type':'set','items':{'type':'string'}},"
          + "'whole':{'type':'object','x-kubernetes-map-type':'atomic','properties':{'a':{'type':"
          + "'string'},'b':{'type':'string'}}},"
          + "'free':{'type':'object','x-kubernetes-preserve-unknown-fields':true}}}}}";

  private final OwnedFields fields =
      new OwnedFields(CustomTypes.of("example.com.v1.Thing", json(SCHEMA)));

  private static ObjectNode thing(String spec) {
    return json(
        "{'apiVersion':'example.com/v1','kind':'Thing','metadata':{'name':'t'},'spec':"
            + spec
            + "}");
  }

  private ObjectNode apply(@Nullable ObjectNode live, String manager, String spec) {
    Writer writer = new Writer(manager, "example.com/v1", "", "2026-01-01T00:00:00Z");
    return fields.apply(live, thing(spec), writer, false, FieldSet.EMPTY);
  }

  private static String owned(ObjectNode object, int entry) {
    return object
        .at("/metadata/managedFields/" + entry + "/fieldsV1")
        .toString()
        .replace('"', '\'');
  }

  @Test
  void whoCreatesOwnsTheObjectsInItToo() {
    ObjectNode created = thing("{'size':1,'whole':{'a':'1'},'free':{'x':{'y':[1]}}}");
    fields.update(
        null, created, null, new Writer("c", "example.com/v1", "", "2026-01-01T00:00:00Z"));
    assertThat(owned(created, 0))
        .isEqualTo(
            "{'f:spec':{'.':{},'f:free':{'.':{},'f:x':{'.':{},'f:y':{}}},'f:size':{},'f:whole':{}}}");
  }

  @Test
  void theSchemasRulesOfListsAndMapsHold() {
    ObjectNode one =
        apply(null, "a", "{'ports':[{'port':80,'name':'x'}],'tags':['m'],'whole':{'a':'1'}}");
    ObjectNode two = apply(one, "b", "{'ports':[{'port':80,'protocol':'UDP'}],'tags':['n']}");
    assertThat(two.path("spec"))
        .isEqualTo(
            json(
                "{'ports':[{'port':80,'name':'x'},{'port':80,'protocol':'UDP'}],'tags':['m','n'],"
                    + "'whole':{'a':'1'}}"));
    assertThat(owned(two, 0))
        .isEqualTo(
            "{'f:spec':{'f:ports':{'k:{\\'port\\':80,\\'protocol\\':\\'TCP\\'}':{'.':{},'f:name':{},"
                + "'f:port':{}}},'f:tags':{'v:\\'m\\'':{}},'f:whole':{}}}");
    assertThatThrownBy(() -> apply(two, "b", "{'whole':{'b':'2'}}"))
        .hasMessageEndingWith("conflict with \"a\": .spec.whole");
    assertThatThrownBy(() -> apply(two, "b", "{'other':1}"))
        .hasMessageEndingWith(".spec.other: field not declared in schema");
  }

  @Test
  void whatNoSchemaDescribesIsOwnedByEntry() {
    ObjectNode one = apply(null, "a", "{'free':{'x':{'p':1},'l':[1,2]}}");
    ObjectNode two = apply(one, "b", "{'free':{'x':{'q':2}}}");
    assertThat(two.at("/spec/free")).isEqualTo(json("{'x':{'p':1,'q':2},'l':[1,2]}"));
    assertThatThrownBy(() -> apply(two, "b", "{'free':{'l':[1]}}"))
        .hasMessageEndingWith("conflict with \"a\": .spec.free.l");
    assertThat(apply(two, "a", "{'free':{'l':[1,2]}}").at("/spec/free"))
        .isEqualTo(json("{'x':{'q':2},'l':[1,2]}"));
  }

  @Test
  void whoOwnedPartsOfWhatIsAtomicNowOwnsItWhole() {
    ObjectNode one = apply(null, "a", "{'ports':[{'port':80,'name':'x'}],'size':1}");
    ObjectNode two = apply(one, "b", "{'ports':[{'port':81}]}");
    String atomic =
        SCHEMA.replace(
            "'x-kubernetes-list-type':'map','x-kubernetes-list-map-keys':['port','protocol']",
            "'x-kubernetes-list-type':'atomic'");
    OwnedFields changed =
        new OwnedFields(
            CustomTypes.of("example.com.v1.Thing", json(atomic)), true, OtherVersions.NONE);
    Writer writer = new Writer("a", "example.com/v1", "", "2026-01-01T00:00:00Z");
    assertThatThrownBy(
            () ->
                changed.apply(two, thing("{'ports':[{'port':82}]}"), writer, false, FieldSet.EMPTY))
        .hasMessageEndingWith("conflict with \"b\": .spec.ports");
    ObjectNode three =
        changed.apply(two, thing("{'ports':[{'port':82}]}"), writer, true, FieldSet.EMPTY);
    assertThat(three.path("spec")).isEqualTo(json("{'ports':[{'port':82}]}"));
    assertThat(owned(three, 0)).isEqualTo("{'f:spec':{'f:ports':{}}}");
    assertThat(three.at("/metadata/managedFields")).hasSize(1);
  }
}
