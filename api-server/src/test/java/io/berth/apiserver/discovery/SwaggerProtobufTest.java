package io.berth.apiserver.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.berth.api.codec.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What other API servers contribute to the document; its own parts are tested with the server. */
final class SwaggerProtobufTest {
  private static ObjectNode json(String text) {
    return (ObjectNode) Json.parse(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  /** The bytes of the fields on a way down, each message's. */
  private static List<byte[]> at(byte[] message, int... way) throws IOException {
    List<byte[]> found = List.of(message);
    for (int field : way) {
      List<byte[]> next = new ArrayList<>();
      for (byte[] bytes : found) {
        CodedInputStream in = CodedInputStream.newInstance(bytes);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
          if (WireFormat.getTagFieldNumber(tag) == field) {
            next.add(in.readByteArray());
          } else {
            in.skipField(tag);
          }
        }
      }
      found = next;
    }
    return found;
  }

  private static List<String> texts(byte[] message, int... way) throws IOException {
    return at(message, way).stream().map(b -> new String(b, StandardCharsets.UTF_8)).toList();
  }

  @Test
  void sharedParametersAreReferredTo() throws IOException {
    byte[] written =
        SwaggerProtobuf.write(
            json(
                "{'swagger':'2.0','parameters':{'pretty-1':{'in':'query','name':'pretty','type':'string'}},"
                    + "'paths':{'/x':{'parameters':[{'$ref':'#/parameters/pretty-1'}],"
                    + "'get':{'parameters':[{'in':'header','name':'H','type':'string'},{'in':'nowhere'}],"
                    + "'responses':{'200':{'$ref':'#/responses/r'}}}}}}"));
    assertThat(texts(written, 10, 1, 1)).containsExactly("pretty-1");
    assertThat(texts(written, 10, 1, 2, 2, 3, 4)).containsExactly("pretty");
    assertThat(texts(written, 8, 2, 2, 9, 2, 1)).containsExactly("#/parameters/pretty-1");
    assertThat(texts(written, 8, 2, 2, 2, 8, 1, 2, 1, 4)).containsExactly("H");
    assertThat(texts(written, 8, 2, 2, 2, 9, 1, 2, 2, 1)).containsExactly("#/responses/r");
  }

  @Test
  void schemasKeepWhatTheySayInAnyForm() throws IOException {
    byte[] written =
        SwaggerProtobuf.write(
            json(
                "{'definitions':{'a':{'type':['object','null'],'maximum':5,'enum':['x',1],"
                    + "'additionalProperties':true,'items':[{'type':'string'},{'type':'integer'}],"
                    + "'default':{'k':[1]},'x-other':{'y':'z'},'properties':{'p':7}}}}"));
    byte[] schema = at(written, 9, 1, 2).getFirst();
    assertThat(texts(schema, 22, 1)).containsExactly("object", "null");
    assertThat(texts(schema, 20, 2)).containsExactly("\"x\"", "1");
    assertThat(texts(schema, 23, 1, 22, 1)).containsExactly("string", "integer");
    assertThat(texts(schema, 5, 2)).containsExactly("{\"k\":[1]}");
    assertThat(texts(schema, 31, 1)).containsExactly("x-other");
    assertThat(texts(schema, 25, 1, 1)).containsExactly("p");
    CodedInputStream maximum = CodedInputStream.newInstance(schema);
    int tag = maximum.readTag();
    while (WireFormat.getTagFieldNumber(tag) != 7) {
      maximum.skipField(tag);
      tag = maximum.readTag();
    }
    assertThat(maximum.readDouble()).isEqualTo(5);
  }
}
