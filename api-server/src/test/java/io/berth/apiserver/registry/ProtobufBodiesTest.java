package io.berth.apiserver.registry;

import static io.berth.apiserver.registry.TestingRegistry.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class ProtobufBodiesTest {
  private interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  private static ByteString message(Fields fields) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    fields.write(out);
    out.flush();
    return ByteString.copyFrom(bytes.toByteArray());
  }

  private static byte[] object(String apiVersion, String kind, ByteString raw) throws IOException {
    ByteString envelope =
        message(
            out -> {
              out.writeBytes(
                  1,
                  message(
                      type -> {
                        type.writeString(1, apiVersion);
                        type.writeString(2, kind);
                      }));
              out.writeBytes(2, raw);
              out.writeString(3, "");
              out.writeString(4, "");
            });
    return ByteString.copyFrom("k8s\0", StandardCharsets.US_ASCII).concat(envelope).toByteArray();
  }

  private static ByteString named(String name) throws IOException {
    return message(
        metadata -> {
          metadata.writeString(1, name);
          metadata.writeString(2, "");
          metadata.writeBytes(8, ByteString.EMPTY);
          metadata.writeBytes(
              11,
              message(
                  entry -> {
                    entry.writeString(1, "app");
                    entry.writeString(2, "web");
                  }));
        });
  }

  @Test
  void anObjectReadsAsItsJson() throws IOException {
    ByteString secret =
        message(
            out -> {
              out.writeBytes(1, named("s"));
              out.writeBytes(
                  2,
                  message(
                      entry -> {
                        entry.writeString(1, "k");
                        entry.writeBytes(2, ByteString.copyFromUtf8("v"));
                      }));
              out.writeString(3, "Opaque");
            });
    assertThat(ProtobufBodies.read(object("v1", "Secret", secret)))
        .isEqualTo(
            json(
                "{'kind':'Secret','apiVersion':'v1','metadata':{'name':'s','labels':{'app':'web'}},"
                    + "'data':{'k':'dg=='},'type':'Opaque'}"));
  }

  @Test
  void aPointerKeepsItsEmptyValue() throws IOException {
    ByteString deployment =
        message(
            out -> {
              out.writeBytes(1, named("d"));
              out.writeBytes(
                  2,
                  message(
                      spec -> {
                        spec.writeInt32(1, 0);
                        spec.writeInt32(5, 0);
                      }));
            });
    assertThat(
            ProtobufBodies.read(object("apps/v1", "Deployment", deployment))
                .path("spec")
                .toString())
        .isEqualTo("{\"replicas\":0}");
  }

  @Test
  void fieldsOfNewerClientsAreLeftOut() throws IOException {
    byte[] newer = object("v1", "Namespace", message(out -> out.writeString(99, "x")));
    assertThat(ProtobufBodies.read(newer))
        .isEqualTo(json("{'kind':'Namespace','apiVersion':'v1'}"));
  }

  @Test
  void inlinedFieldsTimesAndDocumentsReadAsInJson() throws IOException {
    ByteString hostPath = message(out -> out.writeString(1, "/x"));
    ByteString volume =
        message(
            out -> {
              out.writeString(1, "v");
              out.writeBytes(2, message(source -> source.writeBytes(1, hostPath)));
            });
    ByteString fields = message(out -> out.writeByteArray(1, "{\"f:a\":{}}".getBytes(UTF_8)));
    ByteString managed =
        message(
            out -> {
              out.writeBytes(4, message(time -> time.writeInt64(1, 86_400)));
              out.writeBytes(7, fields);
            });
    ByteString pod =
        message(
            out -> {
              out.writeBytes(1, message(metadata -> metadata.writeBytes(17, managed)));
              out.writeBytes(2, message(spec -> spec.writeBytes(1, volume)));
            });
    assertThat(ProtobufBodies.read(object("v1", "Pod", pod)))
        .isEqualTo(
            json(
                "{'kind':'Pod','apiVersion':'v1','metadata':{'managedFields':[{'time':"
                    + "'1970-01-02T00:00:00Z','fieldsV1':{'f:a':{}}}]},"
                    + "'spec':{'volumes':[{'name':'v','hostPath':{'path':'/x'}}]}}"));
  }

  @Test
  void everyServedKindAndAllThatItIsMadeOfIsInTheTable() throws IOException {
    for (ResourceDefinition resource : Resources.all()) {
      byte[] empty = object(resource.apiVersion(), resource.kind(), ByteString.EMPTY);
      assertThat(ProtobufBodies.read(empty).path("kind").asText()).isEqualTo(resource.kind());
    }
    assertThat(ProtobufTypes.dangling()).isEmpty();
  }

  @Test
  void whatIsNotKnownIsRefusedByName() throws IOException {
    byte[] unknownKind = object("v1", "Widget", ByteString.EMPTY);
    assertThatThrownBy(() -> ProtobufBodies.read(unknownKind))
        .hasMessageContaining("objects of kind Widget");
    assertThatThrownBy(() -> ProtobufBodies.read(new byte[] {1, 2, 3, 4, 5}))
        .isInstanceOf(IllegalArgumentException.class);
    byte[] torn = object("v1", "Namespace", ByteString.EMPTY);
    torn[5] = 127;
    assertThatThrownBy(() -> ProtobufBodies.read(torn))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
