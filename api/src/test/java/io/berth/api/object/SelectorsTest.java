package io.berth.api.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SelectorsTest {
  private static final Map<String, String> LABELS =
      Map.of("app", "web", "tier", "front", "n", "5", "example.com/x", "");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "app=web|true",
        "app==web|true",
        "app=db|false",
        "app!=web|false",
        "none!=x|true",
        "app in (web,db)|true",
        "app notin (web)|false",
        "none notin (a)|true",
        "app|true",
        "!app|false",
        "!none|true",
        "app=web,tier=front|true",
        "app=web,tier=back|false",
        "n>4|true",
        "n<5|false",
        "app>1|false",
        "example.com/x=|true",
        "in in (in,notin)|false",
        " app = web , !none |true",
        "app in (,web)|true",
        "example.com/x in ()|true",
        "app,tier|true"
      })
  void labelSelectorsMatch(String selector, boolean matches) {
    LabelSelector parsed = LabelSelector.parse(selector);
    assertThat(parsed.matches(LABELS)).isEqualTo(matches);
    assertThat(LabelSelector.parse(parsed.toString())).isEqualTo(parsed);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        ",|found ',', expected: !, identifier, or 'end of string'",
        "a=b,|found '', expected: identifier after ','",
        "a b|unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
        "a in b|unable to parse requirement: found 'b' expected: '('",
        "a=(|unable to parse requirement: found '(', expected: identifier",
        "a=b c|found 'c', expected: ',' or 'end of string'",
        "!|unable to parse requirement: found '', expected: identifier",
      })
  void labelSelectorsSayWhatIsWrong(String selector, String message) {
    assertThatThrownBy(() -> LabelSelector.parse(selector)).hasMessage(message);
  }

  @Test
  void labelSelectorsComeFromJson() {
    LabelSelector selector =
        LabelSelector.of(
            json(
                "{\"matchLabels\":{\"app\":\"web\"},\"matchExpressions\":[{\"key\":\"tier\","
                    + "\"operator\":\"In\",\"values\":[\"front\"]},"
                    + "{\"key\":\"gone\",\"operator\":\"DoesNotExist\"}]}"));
    assertThat(selector.matches(LABELS)).isTrue();
    assertThat(selector).hasToString("app=web,!gone,tier in (front)");
    assertThat(selector.exactValue("app")).contains("web");
    assertThat(LabelSelector.of(json("{}")).isEmpty()).isTrue();
    assertThat(LabelSelector.of(json("null")).matches(LABELS)).isFalse();
    assertThat(LabelSelector.of((JsonNode) null).matches(LABELS)).isFalse();
  }

  @Test
  void fieldSelectorsMatchHeaders() {
    ObjectHeader pod =
        new ObjectHeader(
            new ObjectKey(Resources.PODS.groupResource(), "default", "a"),
            "u",
            1,
            Map.of(),
            Map.of("spec.nodeName", "n1", "status.phase", "Running"),
            List.of(),
            null);
    assertThat(FieldSelector.parse("spec.nodeName=n1,status.phase!=Failed").matches(pod)).isTrue();
    assertThat(FieldSelector.parse("metadata.name==a").matches(pod)).isTrue();
    assertThat(FieldSelector.parse("metadata.namespace=x").matches(pod)).isFalse();
    assertThat(FieldSelector.parse("").isEmpty()).isTrue();
    assertThat(FieldSelector.parse("spec.nodeName=n1").exactValue("spec.nodeName")).contains("n1");
    assertThat(FieldSelector.parse("a=x\\,y\\=z").exactValue("a")).contains("x,y=z");
    assertThatThrownBy(() -> FieldSelector.parse("x"))
        .hasMessage("invalid selector: 'x'; can't understand 'x'");
    assertThatThrownBy(() -> FieldSelector.parse("spec.foo=1").check(Resources.PODS))
        .hasMessage("field label not supported: spec.foo");
    assertThatThrownBy(() -> FieldSelector.parse("spec.foo=1").check(Resources.CONFIG_MAPS))
        .hasMessage(
            "\"spec.foo\" is not a known field selector: only \"metadata.name\","
                + " \"metadata.namespace\"");
    FieldSelector inNamespace = FieldSelector.parse("metadata.namespace=x");
    inNamespace.check(Resources.CONFIG_MAPS);
    inNamespace.check(Resources.PERSISTENT_VOLUMES);
    assertThatThrownBy(() -> inNamespace.check(Resources.NODES))
        .hasMessage("field label not supported: metadata.namespace");
  }

  private static JsonNode json(String text) {
    return Json.parse(text.getBytes(StandardCharsets.UTF_8));
  }
}
