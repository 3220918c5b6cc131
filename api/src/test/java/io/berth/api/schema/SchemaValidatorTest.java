package io.berth.api.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.api.schema.Schema.Field;
import io.berth.api.schema.Schema.ListOf;
import io.berth.api.schema.Schema.ListType;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.validation.FieldError;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchemaValidatorTest {
  @Test
  void everyBuiltInResourceHasAType() {
    Resources.all().forEach(r -> assertThat(Schemas.forResource(r).field("metadata")).isNotNull());
    assertThat(Schemas.all()).hasSizeGreaterThan(550);
  }

  @Test
  void theTableCarriesListRules() {
    ObjectType spec = Schemas.find("io.k8s.api.core.v1.PodSpec").orElseThrow();
    var containers = field(spec, "containers");
    assertThat(containers.required()).isTrue();
    assertThat(containers.patch().mergeKey()).isEqualTo("name");
    assertThat(((ListOf) containers.type()).type()).isEqualTo(ListType.MAP);
    assertThat(field(spec, "volumes").patch().retainKeys()).isTrue();
    assertThat(field(spec, "nodeSelector").atomic()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'spec':{'replicas':'x'}}|json: cannot unmarshal string into Go struct field"
            + " DeploymentSpec.spec.replicas of type int32",
        "{'spec':{'replicas':1.5}}|json: cannot unmarshal number 1.5 into Go struct field"
            + " DeploymentSpec.spec.replicas of type int32",
        "{'spec':{'replicas':3000000000}}|json: cannot unmarshal number 3000000000 into Go struct"
            + " field DeploymentSpec.spec.replicas of type int32",
        "{'spec':{'template':{'spec':{'containers':[{'image':5}]}}}}|json: cannot unmarshal number"
            + " into Go struct field Container.spec.template.spec.containers.image of type string",
        "{'spec':{'template':{'spec':{'containers':{}}}}}|json: cannot unmarshal object into Go"
            + " struct field PodSpec.spec.template.spec.containers of type []v1.Container",
        "{'metadata':{'labels':{'a':true}}}|json: cannot unmarshal bool into Go struct field"
            + " ObjectMeta.metadata.labels of type string",
        "{'metadata':{'labels':[]}}|json: cannot unmarshal array into Go struct field"
            + " ObjectMeta.metadata.labels of type map[string]string",
        "{'spec':'x'}|json: cannot unmarshal string into Go struct field Deployment.spec of type"
            + " v1.DeploymentSpec",
        "{'spec':{'template':{'spec':{'containers':[{'resources':{'limits':{'cpu':'abc'}}}]}}}}|"
            + "quantities must match the regular expression"
            + " '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
      })
  void wrongTypesAreToldAsADecoderTellsThem(String object, String message) {
    var findings = SchemaValidator.check(Resources.DEPLOYMENTS, json(object));
    assertThat(findings.wrongType()).contains(message);
    assertThat(SchemaValidator.cannotBeHandled(Resources.DEPLOYMENTS, message))
        .isEqualTo("Deployment in version \"v1\" cannot be handled as a Deployment: " + message);
  }

  @Test
  void unknownAndMissingFieldsAreListedWithTheirPaths() {
    var findings =
        SchemaValidator.check(
            Resources.PODS,
            json(
                "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'a','lables':{}},"
                    + "'spec':{'foo':1,'containers':[{'image':'x','imagee':'y'}]},"
                    + "'status':{'containerStatuses':[{'name':'c'}]}}"));
    assertThat(findings.wrongType()).isEmpty();
    assertThat(findings.unknown())
        .containsExactly(
            "unknown field \"metadata.lables\"",
            "unknown field \"spec.foo\"",
            "unknown field \"spec.containers[0].imagee\"");
    assertThat(findings.missing())
        .isEqualTo(List.of(FieldError.required("spec.containers[0].name", "")));
    assertThat(findings.strictError())
        .startsWith("strict decoding error: unknown field \"metadata.lables\", unknown");
  }

  @Test
  void numbersPassForQuantitiesAndNullForAnything() {
    var findings =
        SchemaValidator.check(
            Resources.PODS,
            json(
                "{'metadata':{'creationTimestamp':null},'spec':{'containers':[{'name':'a',"
                    + "'resources':{'limits':{'cpu':2,'memory':'1Gi'}},"
                    + "'livenessProbe':{'httpGet':{'port':'http'}}}]}}"));
    assertThat(findings.wrongType()).isEmpty();
    assertThat(findings.unknown()).isEmpty();
  }

  @Test
  void secretsHoldBase64() {
    assertThat(SchemaValidator.check(Resources.SECRETS, json("{'data':{'a':'YWI='}}")).wrongType())
        .isEmpty();
    assertThat(SchemaValidator.check(Resources.SECRETS, json("{'data':{'a':'a!b'}}")).wrongType())
        .contains("illegal base64 data at input byte 1");
  }

  private static Field field(ObjectType type, String name) {
    return Objects.requireNonNull(type.field(name));
  }

  private static JsonNode json(String text) {
    return Json.parse(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }
}
