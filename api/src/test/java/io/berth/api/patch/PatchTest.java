package io.berth.api.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.transport.ApiException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PatchTest {
  /** RFC 7386, appendix A, where both are objects. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'a':'b'}|{'a':'c'}|{'a':'c'}",
        "{'a':'b'}|{'b':'c'}|{'a':'b','b':'c'}",
        "{'a':'b'}|{'a':null}|{}",
        "{'a':'b','b':'c'}|{'a':null}|{'b':'c'}",
        "{'a':['b']}|{'a':'c'}|{'a':'c'}",
        "{'a':'c'}|{'a':['b']}|{'a':['b']}",
        "{'a':{'b':'c'}}|{'a':{'b':'d','c':null}}|{'a':{'b':'d'}}",
        "{'a':[{'b':'c'}]}|{'a':[1]}|{'a':[1]}",
        "{'e':null}|{'a':1}|{'e':null,'a':1}",
        "{}|{'a':{'bb':{'ccc':null}}}|{'a':{'bb':{}}}",
      })
  void mergePatchesFollowTheStandard(String object, String patch, String expected) {
    assertThat(MergePatch.apply(object(object), json(patch))).isEqualTo(json(expected));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'a':1}|[{'op':'add','path':'/b','value':2}]|{'a':1,'b':2}",
        "{'a':[1,3]}|[{'op':'add','path':'/a/1','value':2}]|{'a':[1,2,3]}",
        "{'a':[1]}|[{'op':'add','path':'/a/-','value':2}]|{'a':[1,2]}",
        "{'a':1,'b':2}|[{'op':'remove','path':'/a'}]|{'b':2}",
        "{'a':[1,2]}|[{'op':'remove','path':'/a/0'}]|{'a':[2]}",
        "{'a':1}|[{'op':'replace','path':'/a','value':null}]|{'a':null}",
        "{'a':{'b':1},'c':{}}|[{'op':'move','from':'/a/b','path':'/c/d'}]|{'a':{},'c':{'d':1}}",
        "{'a':[1]}|[{'op':'copy','from':'/a','path':'/b'}]|{'a':[1],'b':[1]}",
        "{'a':1}|[{'op':'test','path':'/a','value':1.0},{'op':'remove','path':'/a'}]|{}",
        "{'m~n':{'a/b':1}}|[{'op':'replace','path':'/m~0n/a~1b','value':2}]|{'m~n':{'a/b':2}}",
        "{'':1}|[{'op':'replace','path':'/','value':2}]|{'':2}",
        "{'a':1}|[{'op':'replace','path':'','value':{'b':1}}]|{'b':1}",
        "{'0':1}|[{'op':'replace','path':'/0','value':2}]|{'0':2}",
        "{'a':1}|[{'op':'test','path':'/b','value':null}]|{'a':1}",
        // beyond the standard: an index from the end
        "{'a':[1,2,3]}|[{'op':'remove','path':'/a/-1'}]|{'a':[1,2]}",
        "{'a':[1,2,3]}|[{'op':'replace','path':'/a/-3','value':0}]|{'a':[0,2,3]}",
        "{'a':[1,2]}|[{'op':'add','path':'/a/-1','value':3}]|{'a':[1,2,3]}",
      })
  void jsonPatchesFollowTheStandard(String object, String patch, String expected) {
    assertThat(JsonPatch.apply(json(object), json(patch))).isEqualTo(json(expected));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[{'op':'remove','path':'/x'}]|422",
        "[{'op':'replace','path':'/x','value':1}]|422",
        "[{'op':'add','path':'/x/y','value':1}]|422",
        "[{'op':'add','path':'/a/5','value':1}]|422",
        "[{'op':'add','path':'/a/01','value':1}]|422",
        "[{'op':'remove','path':'/a/-'}]|422",
        "[{'op':'test','path':'/a','value':2}]|422",
        "[{'op':'remove','path':''}]|422",
        "[{'op':'add','path':'/b'}]|422",
        "[{'op':'no','path':'/b'}]|422",
        "[{'path':'/b'}]|422",
        "[{'op':'add','value':1}]|422",
        "[{'op':'move','path':'/b'}]|422",
        "[{'op':'test','path':'/x/y','value':null}]|422",
        "[{'op':'remove','path':'/a/-2'}]|422",
        "[{'op':'remove','path':'/a/-0'}]|422",
        "[{'op':'add','path':'b','value':1}]|422",
        "[{'op':'move','from':'/a','path':'/a/0'}]|422",
        "{}|400",
      })
  void jsonPatchesThatDoNotFitAreRefused(String patch, int code) {
    assertThatThrownBy(() -> JsonPatch.apply(json("{'a':[1]}"), json(patch)))
        .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  @Test
  void copiesCannotGrowADocumentForEver() {
    StringBuilder patch = new StringBuilder("[");
    for (int i = 0; i < 64; i++) {
      patch.append("{'op':'copy','from':'','path':'/a").append(i).append("'},");
    }
    patch.setCharAt(patch.length() - 1, ']');
    assertThatThrownBy(
            () -> JsonPatch.apply(json("{'x':'yyyyyyyyyyyyyy'}"), json(patch.toString())))
        .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.code()).isEqualTo(413));
  }

  @Test
  void aMergePatchMadeFromTwoObjectsTurnsOneIntoTheOther() {
    Random random = new Random(11);
    for (int i = 0; i < 500; i++) {
      ObjectNode from = randomObject(random, 3);
      ObjectNode to = randomObject(random, 3);
      ObjectNode before = from.deepCopy();
      assertThat(MergePatch.apply(from, MergePatch.diff(from, to))).isEqualTo(to);
      assertThat(from).as("the object that is patched stays as it is").isEqualTo(before);
      assertThat(MergePatch.diff(to, to)).isEmpty();
    }
  }

  private static ObjectNode randomObject(Random random, int depth) {
    ObjectNode object = Json.object();
    for (int i = random.nextInt(4); i > 0; i--) {
      String name = "f" + random.nextInt(4);
      switch (random.nextInt(depth > 0 ? 4 : 3)) {
        case 0 -> object.put(name, random.nextInt(3));
        case 1 -> object.put(name, "s" + random.nextInt(3));
        case 2 -> object.putArray(name).add(random.nextInt(3));
        default -> object.set(name, randomObject(random, depth - 1));
      }
    }
    return object;
  }

  private static ObjectNode object(String text) {
    return (ObjectNode) json(text);
  }

  private static JsonNode json(String text) {
    return Json.parse(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }
}
