package io.berth.agent.volumes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeTermsTest {
  private static JsonNode json(String text) {
    return Json.parse(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static final JsonNode NODE =
      json("{'metadata':{'name':'n1','labels':{'zone':'a','disks':'4'}}}");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "true | {'matchExpressions':[{'key':'zone','operator':'In','values':['b','a']}]}",
        "false | {'matchExpressions':[{'key':'zone','operator':'In','values':['b']}]}",
        "false | {'matchExpressions':[{'key':'none','operator':'In','values':['']}]}",
        "true | {'matchExpressions':[{'key':'none','operator':'NotIn','values':['a']}]}",
        "false | {'matchExpressions':[{'key':'zone','operator':'NotIn','values':['a']}]}",
        "true | {'matchExpressions':[{'key':'zone','operator':'Exists'}]}",
        "true | {'matchExpressions':[{'key':'none','operator':'DoesNotExist'}]}",
        "true | {'matchExpressions':[{'key':'disks','operator':'Gt','values':['3']}]}",
        "false | {'matchExpressions':[{'key':'disks','operator':'Gt','values':['4']}]}",
        "true | {'matchExpressions':[{'key':'disks','operator':'Lt','values':['5']}]}",
        "false | {'matchExpressions':[{'key':'zone','operator':'Lt','values':['5']}]}",
        "true | {'matchFields':[{'key':'metadata.name','operator':'In','values':['n1']}]}",
        "false | {'matchFields':[{'key':'metadata.name','operator':'NotIn','values':['n1']}]}",
        "false |"
            + " {'matchExpressions':[{'key':'zone','operator':'Exists'},{'key':'x','operator':'Exists'}]}",
        "false | {}",
      })
  void aTermTakesANode(boolean taken, String term) {
    JsonNode never = json("{'matchExpressions':[{'key':'zone','operator':'In','values':[]}]}");
    assertThat(NodeTerms.match(json("{'nodeSelectorTerms':[" + never + "," + term + "]}"), NODE))
        .isEqualTo(taken);
  }
}
