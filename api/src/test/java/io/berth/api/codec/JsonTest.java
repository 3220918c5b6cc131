package io.berth.api.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class JsonTest {
  private static byte[] json(String text) {
    return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void ownersAreLeftOutWhereTheyStandAndNowhereElse() {
    byte[] text =
        json(
            "{'metadata':{'name':'a','managedFields':[{'fieldsV1':{'f:x':{}}}],'labels':{'managedFields':'l'}},"
                + "'managedFields':[1],'spec':{'metadata':{'managedFields':[2]},'n':1.50}}");
    assertThat(Json.parseWithoutOwners(text))
        .isEqualTo(
            Json.parse(
                json(
                    "{'metadata':{'name':'a','labels':{'managedFields':'l'}},"
                        + "'managedFields':[1],'spec':{'metadata':{'managedFields':[2]},'n':1.50}}")));
  }

  @Test
  void whatIsNoObjectHasNoOwnersToLeaveOut() {
    for (String text : new String[] {"", "[]", "{'a':", "{'metadata':{'name':", "1"}) {
      assertThatThrownBy(() -> Json.parseWithoutOwners(json(text)))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(Json.parseWithoutOwners(json("{'metadata':null}")).get("metadata").isNull())
        .isTrue();
  }

  @Test
  void namesThatComeTwiceAreRefusedInWhatOthersSend() {
    assertThatThrownBy(() -> Json.parse(json("{'a':1,'a':2}")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Duplicate field 'a'");
    assertThat(Json.parseTrusted(json("{'a':1,'b':2}")))
        .isEqualTo(Json.parse(json("{'a':1,'b':2}")));
  }
}
