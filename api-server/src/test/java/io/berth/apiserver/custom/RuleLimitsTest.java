package io.berth.apiserver.custom;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.validation.FieldError;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Rules that cost more than they may while they are asked. */
class RuleLimitsTest {
  private static List<String> errors(String rules, int length) {
    String schema =
        "{'type':'object','properties':{'spec':{'type':'object','properties':{'a':{'type':"
            + "'string'}},'x-kubernetes-validations':["
            + rules
            + "]}}}";
    ObjectNode object = Json.object();
    object.putObject("spec").put("a", "a".repeat(length));
    Rules compiled =
        Rules.of(
            Structural.of(Json.parse(schema.replace('\'', '"').getBytes(StandardCharsets.UTF_8))),
            "",
            error -> {});
    return Objects.requireNonNull(compiled).check(object, null, warning -> {}).stream()
        .map(FieldError::toString)
        .toList();
  }

  @Test
  void noFurtherRuleIsAskedAfterOneThatCostTooMuch() {
    assertThat(errors("{'rule':'self.a.matches(self.a)'},{'rule':'false'}", 8_000))
        .containsExactly(
            "spec: Invalid value: \"object\": 'operation cancelled: actual cost limit exceeded': no"
                + " further validation rules will be run due to call cost exceeds limit for rule:"
                + " self.a.matches(self.a)");
    assertThat(errors("{'rule':'self.a.matches(self.a)'},{'rule':'false'}", 2_000))
        .containsExactly("spec: Invalid value: failed rule: false");
  }

  @Test
  void allRulesTogetherMayCostOnlySoMuch() {
    String rule = "{'rule':'self.a.matches(self.a)'},";
    assertThat(errors(rule.repeat(25) + "{'rule':'false'}", 4_000))
        .containsExactly(
            "spec: Invalid value: \"object\": validation failed due to running out of cost budget,"
                + " no further validation rules will be run");
  }

  @Test
  void aMessageThatCostsTooMuchSaysSo() {
    assertThat(
            errors("{'rule':'false','messageExpression':'string(self.a.matches(self.a))'}", 8_000))
        .containsExactly(
            "spec: Invalid value: \"object\": no further validation rules will be run due to call"
                + " cost exceeds limit for messageExpression: \"string(self.a.matches(self.a))\"");
  }
}
