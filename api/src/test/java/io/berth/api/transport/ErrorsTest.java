package io.berth.api.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.resource.Resources;
import io.berth.api.validation.FieldError;
import java.util.List;
import org.junit.jupiter.api.Test;

class ErrorsTest {
  @Test
  void errorsSayWhatClientsKnow() {
    var pods = Resources.PODS.groupResource();
    var deployments = Resources.DEPLOYMENTS.groupResource();
    assertThat(Errors.notFound(pods, "x")).hasMessage("pods \"x\" not found");
    assertThat(Errors.alreadyExists(deployments, "x"))
        .hasMessage("deployments.apps \"x\" already exists");
    assertThat(Errors.conflict(pods, "x"))
        .hasMessage(
            "Operation cannot be fulfilled on pods \"x\": the object has been modified; please"
                + " apply your changes to the latest version and try again");
    assertThat(Errors.denied("u", "list", pods, "", "default", "", ""))
        .hasMessage(
            "pods is forbidden: User \"u\" cannot list resource \"pods\" in API group \"\" in the"
                + " namespace \"default\"");
    assertThat(Errors.tooLargeResourceVersion(9, 3).toStatus().at("/details/causes/0/reason"))
        .hasToString("\"ResourceVersionTooLarge\"");
  }

  @Test
  void invalidObjectsNameEachCause() {
    List<FieldError> errors =
        List.of(
            FieldError.required("spec.containers[0].name", ""),
            FieldError.notSupported("spec.restartPolicy", "x", List.of("Always", "Never")));
    ApiException invalid = Errors.invalid(Resources.PODS, "p", errors);
    assertThat(invalid.code()).isEqualTo(422);
    assertThat(invalid)
        .hasMessage(
            "Pod \"p\" is invalid: [spec.containers[0].name: Required value, spec.restartPolicy:"
                + " Unsupported value: \"x\": supported values: \"Always\", \"Never\"]");
    assertThat(invalid.toStatus().at("/details/causes/1"))
        .hasToString(
            "{\"reason\":\"FieldValueNotSupported\",\"message\":\"Unsupported value: \\\"x\\\":"
                + " supported values: \\\"Always\\\", \\\"Never\\\"\",\"field\":\"spec.restartPolicy\"}");
  }
}
