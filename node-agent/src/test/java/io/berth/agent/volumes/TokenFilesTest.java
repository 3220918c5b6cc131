package io.berth.agent.volumes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may read a pod's token: a row is a spec, the mode and the owner of the file. */
class TokenFilesTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'containers':[{'name':'a'}]}|644|-1",
        "{'securityContext':{'runAsUser':7},'containers':[{'name':'a'}]}|600|7",
        "{'securityContext':{'fsGroup':9},'containers':[{'name':'a'}]}|600|-1",
        "{'initContainers':[{'name':'i','securityContext':{'runAsUser':7}}],"
            + "'containers':[{'name':'a','securityContext':{'runAsUser':7}}]}|600|7",
        "{'securityContext':{'runAsUser':7},'containers':[{'name':'a'},"
            + "{'name':'b','securityContext':{'runAsUser':8}}]}|644|-1",
        "{'containers':[{'name':'a','securityContext':{'runAsUser':7}},{'name':'b'}]}|644|-1"
      })
  void aTokenIsReadableByThoseWhoRunInThePod(String spec, String mode, long owner) {
    JsonNode pod = tree("{'spec':" + spec + "}");
    AtomicFiles.Content file =
        new FileSources(pod, ref -> Optional.empty(), source -> "t", Map.of())
            .of(tree("{'projected':{'sources':[{'serviceAccountToken':{'path':'token'}}]}}"))
            .get("token");
    assertThat(file).isNotNull();
    assertThat(Integer.toOctalString(file.mode())).isEqualTo(mode);
    assertThat(file.user()).isEqualTo(owner);
  }

  private static JsonNode tree(String json) {
    return Json.parse(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }
}
