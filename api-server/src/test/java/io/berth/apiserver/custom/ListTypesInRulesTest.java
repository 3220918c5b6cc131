package io.berth.apiserver.custom;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.berth.api.codec.Json;
import io.berth.api.validation.FieldError;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What rules see of lists that are sets or maps. */
class ListTypesInRulesTest {
  private static final String PORTS =
      "{'type':'array','x-kubernetes-list-type':'map','x-kubernetes-list-map-keys':['name','my-no'],"
          + "'items':{'type':'object','required':['name','my-no'],'properties':{"
          + "'name':{'type':'string'},'my-no':{'type':'integer'},'weight':{'type':'integer'}}}}";

  private static final String PROPERTIES =
      "'set':{'type':'array','x-kubernetes-list-type':'set','items':{'type':'string'}},"
          + "'numbers':{'type':'array','x-kubernetes-list-type':'set','items':{"
          + "'x-kubernetes-int-or-string':true}},"
          + "'plain':{'type':'array','items':{'type':'string'}},"
          + "'sets':{'type':'array','items':{'type':'array','x-kubernetes-list-type':'set',"
          + "'items':{'type':'string'}}},"
          + ("'ports':" + PORTS);

  private static final String OBJECT =
      "{'set':['a','b'],'numbers':[1,'x'],'plain':['a','b'],'sets':[['a','b']],"
          + "'ports':[{'name':'x','my-no':1,'weight':1},{'name':'x','my-no':2,'weight':2}]}";

  private static final String OLD =
      "{'ports':[{'name':'x','my-no':2,'weight':5},{'name':'y','my-no':2,'weight':6}]}";

  private static JsonNode json(String text) {
    return parse(text.replace('\'', '"'));
  }

  private static JsonNode parse(String text) {
    return Json.parse(text.getBytes(StandardCharsets.UTF_8));
  }

  private static List<FieldError> check(String rule, String object, String old) {
    JsonNode schema =
        parse(
            "{\"type\":\"object\",\"x-kubernetes-validations\":[{\"rule\":"
                + TextNode.valueOf(rule)
                + "}],\"properties\":{"
                + PROPERTIES.replace('\'', '"')
                + "}}");
    List<FieldError> errors = new ArrayList<>();
    Rules rules = Rules.of(Structural.of(schema), "spec", errors::add);
    assertThat(errors).isEmpty();
    return Objects.requireNonNull(rules).check(json(object), json(old), warning -> {});
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "self.set == ['b', 'a'] && !(self.set != ['b', 'a'])",
        "self.set != ['b'] && self.set != ['b', 'c'] && self.set != ['a', 'b', 'a']",
        "self.plain != ['b', 'a'] && ['b', 'a'] != self.set",
        "self.set + ['c', 'a', 'c'] == ['c', 'b', 'a'] && (self.set + ['c', 'a']).size() == 3",
        "(self.set + ['c']) + ['c', 'd'] == ['d', 'c', 'b', 'a']",
        "self.plain + ['b', 'a'] == ['a', 'b', 'b', 'a']",
        "self.numbers == ['x', 1]",
        "self.sets == [['b', 'a']] || self.sets[0] == ['b', 'a']",
        "['b', 'a'] in self.sets",
        "self.ports != oldSelf.ports",
        "self.ports + oldSelf.ports != self.ports",
        "(self.ports + oldSelf.ports).map(p, p.weight) == [1, 5, 6]",
        "(self.ports + oldSelf.ports).filter(p, p.my__dash__no == 2).size() == 2",
        "self.ports + self.ports == self.ports",
      })
  void setsAndMapsAreComparedWithoutOrderAndJoinedByWhatTellsItemsApart(String rule) {
    assertThat(check(rule, OBJECT, OLD)).isEmpty();
  }

  @Test
  void aChangeOfOrderAloneIsNone() {
    String turned =
        "{'set':['b','a'],'plain':['b','a'],'ports':["
            + "{'name':'x','my-no':2,'weight':2},{'name':'x','my-no':1,'weight':1}]}";
    assertThat(check("self.set == oldSelf.set", turned, OBJECT)).isEmpty();
    assertThat(check("self.ports == oldSelf.ports", turned, OBJECT)).isEmpty();
    assertThat(check("self.plain == oldSelf.plain", turned, OBJECT)).hasSize(1);
    assertThat(
            check(
                "self.ports == oldSelf.ports", turned.replace("'weight':2", "'weight':3"), OBJECT))
        .hasSize(1);
  }
}
