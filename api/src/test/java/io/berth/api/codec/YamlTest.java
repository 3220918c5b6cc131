package io.berth.api.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.berth.api.patch.Trees;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class YamlTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "0644|420",
        "-0644|-420",
        "22:22|\"22:22\"",
        "190:20:30|\"190:20:30\"",
        "yes|\"yes\"",
        "on|\"on\"",
        "N|\"N\"",
        "1e3|1000",
        "0.5e3|500",
        "0x10|16",
        "0o17|15",
        "0b11|3",
        "1_000|1000",
        "+1|1",
        "-0|0",
        "012345678|12345678",
        "089|89",
        "0_7|7",
        "1.0|1",
        "1.|1",
        ".5|0.5",
        "1.5|1.5",
        "True|true",
        "FALSE|false",
        "~|null",
        "Null|null",
        "NULL|null",
        "nUll|\"nUll\"",
        "2001-01-01|\"2001-01-01\"",
        "2001-12-14t21:59:43.10-05:00|\"2001-12-14t21:59:43.10-05:00\"",
        "0x|\"0x\"",
        "0xZZ|\"0xZZ\"",
        "1,000|\"1,000\"",
        "12e03|12000",
        "9223372036854775808|9223372036854775808",
        "99999999999999999999999|99999999999999999999999",
        "1e400|\"1e400\"",
        "!!str 12|\"12\"",
        "!!int \"5\"|5",
        "!!binary aGk=|\"hi\"",
        "!foo bar|\"bar\"",
        "'12'|\"12\"",
        "\"\\u00e9\"|\"é\"",
        "😀|\"😀\"",
        "x #c|\"x\"",
        "'it''s'|\"it's\"",
        "{a: 1, b: [x, 2]}|{\"a\":1,\"b\":[\"x\",2]}",
        "1e99999999999|\"1e99999999999\"",
        "-|null"
      })
  void scalarsAreReadAsKubectlUsersExpect(String yaml, String json) {
    String text = yaml.equals("-") ? "a:\n" : "a: " + yaml + "\n";
    assertThat(read(text)).hasToString("{\"a\":" + json + "}");
  }

  @Test
  void keysAreText() {
    assertThat(read("1: a\ntrue: b\n1.5: c\n0x1F: d\nyes: e\n"))
        .hasToString("{\"1\":\"a\",\"true\":\"b\",\"1.5\":\"c\",\"31\":\"d\",\"yes\":\"e\"}");
  }

  @Test
  void documentsAreSplitAndEmptyOnesSkipped() {
    var documents =
        Yaml.documents(
            bytes(
                "\ufeff# only a comment\n---\na: 1\n---\n# nothing\n---\n\n---\r\nb: 2\r\n...\n"));
    assertThat(documents)
        .extracting(d -> d.value().toString())
        .containsExactly("{\"a\":1}", "{\"b\":2}");
    assertThat(documents.get(1).line()).isEqualTo(9);
    assertThat(Yaml.documents(bytes(""))).isEmpty();
    assertThat(Yaml.documents(bytes("---\n"))).isEmpty();
  }

  @Test
  void jsonIsReadTooAlsoSeveralValuesInARow() {
    assertThat(Yaml.documents(bytes("{\"a\":1}\n{\"b\":\"\\ud83d\\ude00\"}")))
        .extracting(d -> d.value().toString())
        .containsExactly("{\"a\":1}", "{\"b\":\"😀\"}");
    assertThat(read("{a: 1}")).hasToString("{\"a\":1}");
  }

  @Test
  void anchorsAndMergeKeysWork() {
    assertThat(read("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\nc: [*x]\n"))
        .isEqualTo(json("{'a':{'p':1,'q':2},'b':{'q':3,'p':1},'c':[{'p':1,'q':2}]}"));
    assertThat(read("a:\n  <<: [{p: 1}, {p: 2, q: 3}]\n")).isEqualTo(json("{'a':{'p':1,'q':3}}"));
  }

  @Test
  void laughsAreBounded() {
    StringBuilder yaml = new StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 10; i++) {
      String alias = "*a" + (i - 1);
      yaml.append("a%d: &a%d [%s]\n".formatted(i, i, String.join(",", alias, alias, alias, alias)));
    }
    assertThatThrownBy(() -> read(yaml.toString())).hasMessageContaining("excessive aliasing");
    assertThatThrownBy(() -> read("a: &a [*a]")).hasMessageContaining("unknown anchor");
    assertThatThrownBy(() -> read("[".repeat(5000) + "]".repeat(5000)))
        .hasMessageContaining("nested deeper");
    assertThatThrownBy(() -> Yaml.documents(new byte[Yaml.MAX_BYTES + 1]))
        .hasMessageContaining("limit");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a: 1\\nb: 2\\na: 3|document 1, line 3, column 1: key \"a\" already set in map",
        "a: 1\\n---\\nb: 1\\n\"b\": 2|document 2, line 4, column 1: key \"b\" already set in map",
        "a: {b: 1, b: 2}|document 1, line 1, column 11: key \"b\" already set in map",
        "1: a\\n\"1\": b|document 1, line 2, column 1: key \"1\" already set in map",
        "a:\\n\\tb: 1|document 1, line 2, column 1: found character '\\t(TAB)' that cannot start any token. (Do not use \\t(TAB) for indentation)",
        "c: *x|document 1, line 1, column 4: unknown anchor 'x' referenced",
        "? [a]\\n: 1|document 1, line 1, column 3: invalid map key: [\"a\"]",
        "~: 1|document 1, line 1, column 1: invalid map key: null",
        "a: .inf|document 1, line 1, column 4: unsupported value: .inf",
        "a: !!int x|document 1, line 1, column 4: cannot decode x as a !!int",
        "a: b: c|document 1, line 1, column 5: mapping values are not allowed here",
        "a: \"x|document 1, line 1, column 6: found unexpected end of stream",
        "x: 1\\n---\\na: @x|document 2, line 3, column 4: found character '@' that cannot start any token. (Do not use @ for indentation)",
      })
  void errorsSayWhere(String yaml, String message) {
    String text = yaml.replace("\\n", "\n").replace("\\t", "\t");
    assertThatThrownBy(() -> Yaml.documents(bytes(text)))
        .isInstanceOf(YamlException.class)
        .hasMessage(message);
  }

  @Test
  void bytesThatAreNoTextAreRefused() {
    assertThatThrownBy(() -> Yaml.documents(new byte[] {'a', ':', ' ', (byte) 0xff}))
        .isInstanceOf(YamlException.class);
    assertThatThrownBy(() -> Yaml.documents(bytes("a: x\nb: \u0000")))
        .hasMessage("document 1, line 2, column 4: the character U+0000 is not allowed");
    assertThat(Yaml.read("a: é".getBytes(StandardCharsets.UTF_16)).toString())
        .isEqualTo("{\"a\":\"é\"}");
  }

  @Test
  void writesAsKubectlDoes() {
    JsonNode value =
        json(
            "{'kind':'X','apiVersion':'v1','data':{'y':'y','a':'0644','b':'','c':'a: b','d':'x #c',"
                + "'e':' lead','f':'l1\\nl2\\n','g':'l1\\nl2','h':'-','i':'{a','j':'a\\tb','k10':1,"
                + "'k9':'  x\\n y','l':'\\n','m':'12:30:45','n':'K\\n\\n\\ny'},"
                + "'list':[[1,[2]],{},[],{'a':[]},{'b':{'c':1},'d':null},true,1.5]}");
    assertThat(Yaml.write(value))
        .isEqualTo(
            """
            apiVersion: v1
            data:
              a: "0644"
              b: ""
              c: 'a: b'
              d: 'x #c'
              e: ' lead'
              f: |
                l1
                l2
              g: |-
                l1
                l2
              h: '-'
              i: '{a'
              j: "a\\tb"
              k9: |2-
                  x
                 y
              k10: 1
              l: |2+

              m: "12:30:45"
              "n": |-
                K


                y
              "y": "y"
            kind: X
            list:
            - - 1
              - - 2
            - {}
            - []
            - a: []
            - b:
                c: 1
              d: null
            - true
            - 1.5
            """);
  }

  @Test
  void textOfAnyLengthIsWritten() {
    for (String piece : new String[] {"1:1", "a.", "0", "1_", "-", "2001-01-01"}) {
      String text = piece.repeat(100_000);
      assertThat(read(Yaml.write(Json.object().put("a", text))).get("a").asText()).isEqualTo(text);
    }
  }

  @Test
  void longTextIsFolded() {
    String text = "long ".repeat(40).strip();
    String yaml =
        Yaml.write(Json.object().put("a", text).put("b", "'" + text).put("c", "\t" + text));
    assertThat(yaml.lines().mapToInt(String::length).max().orElse(0)).isLessThan(90);
    assertThat(read(yaml).get("a").asText()).isEqualTo(text);
    assertThat(read(yaml).get("b").asText()).isEqualTo("'" + text);
    assertThat(read(yaml).get("c").asText()).isEqualTo("\t" + text);
  }

  @Test
  void whatIsWrittenReadsBack() {
    Random random = new Random(3);
    for (int i = 0; i < 3000; i++) {
      JsonNode tree = tree(random, 4);
      String yaml = Yaml.write(tree);
      assertThatCode(
              () -> {
                JsonNode back = tree.isNull() ? tree : Yaml.read(bytes(yaml));
                assertThat(Trees.equal(back, tree)).as("read as %s", back).isTrue();
              })
          .as("%s%n%s", tree, yaml)
          .doesNotThrowAnyException();
    }
  }

  private static JsonNode tree(Random random, int depth) {
    return switch (random.nextInt(depth > 0 ? 4 : 2)) {
      case 0 -> TextNode.valueOf(text(random));
      case 1 -> scalar(random);
      case 2 -> {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        for (int i = random.nextInt(4); i > 0; i--) {
          list.add(tree(random, depth - 1));
        }
        yield list;
      }
      default -> {
        ObjectNode object = Json.object();
        for (int i = random.nextInt(4); i > 0; i--) {
          object.set(text(random), tree(random, depth - 1));
        }
        yield object;
      }
    };
  }

  private static JsonNode scalar(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> IntNode.valueOf(random.nextInt());
      case 1 -> DoubleNode.valueOf(random.nextDouble() * 1e10);
      case 2 -> BooleanNode.valueOf(random.nextBoolean());
      default -> NullNode.instance;
    };
  }

  private static final String[] PIECES = {
    "a",
    "b",
    " ",
    "  ",
    "\n",
    "\n\n",
    ":",
    ": ",
    "#",
    " #",
    "-",
    "- ",
    "?",
    "'",
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    "&",
    "*",
    "!",
    "|",
    ">",
    "%",
    "@",
    "`",
    "\t",
    "\r",
    "é",
    "😀",
    "\u0085",
    "\u2028",
    "\ufeff",
    "\u0007",
    "0",
    "1",
    "07",
    "0x1",
    "1e3",
    "12:30",
    "yes",
    "null",
    "true",
    "~",
    "<<",
    "=",
    "---",
    "...",
    ".",
    "_",
    "2001-01-01",
    "\u00a0",
    "word ".repeat(30),
    "x".repeat(130)
  };

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(5); i > 0; i--) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return text.toString();
  }

  private static JsonNode read(String yaml) {
    return Yaml.read(bytes(yaml));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static JsonNode json(String text) {
    return Json.parse(bytes(text.replace('\'', '"')));
  }
}
