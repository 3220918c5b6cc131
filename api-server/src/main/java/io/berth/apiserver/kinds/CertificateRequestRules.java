package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.pki.CertificateRequest;
import io.berth.apiserver.pki.Signers;
import io.berth.apiserver.pki.Usages;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** What is wrong with a new request for a certificate. */
final class CertificateRequestRules {
  private static final long MIN_SECONDS = 600;

  private CertificateRequestRules() {}

  static void check(JsonNode spec, Consumer<FieldError> errors) {
    String request = spec.path("request").asText("");
    try {
      CertificateRequest.parse(Base64.getDecoder().decode(request));
    } catch (IllegalArgumentException e) {
      errors.accept(FieldError.invalid("spec.request", request, String.valueOf(e.getMessage())));
    }
    usages(spec.path("usages"), errors);
    signer(spec.path("signerName").asText(""), errors);
    JsonNode seconds = spec.path("expirationSeconds");
    if (seconds.isNumber() && seconds.asLong() < MIN_SECONDS) {
      errors.accept(
          FieldError.invalid(
              "spec.expirationSeconds",
              seconds.asLong(),
              "may not specify a duration less than 600 seconds (10 minutes)"));
    }
  }

  private static void usages(JsonNode usages, Consumer<FieldError> errors) {
    if (usages.isEmpty()) {
      errors.accept(FieldError.required("spec.usages", ""));
    }
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < usages.size(); i++) {
      String usage = usages.get(i).asText();
      String at = "spec.usages[" + i + "]";
      if (!Usages.all().contains(usage)) {
        errors.accept(FieldError.notSupported(at, usage, List.copyOf(Usages.all())));
      }
      if (!seen.add(usage)) {
        errors.accept(FieldError.duplicate(at, usage));
      }
    }
  }

  private static void signer(String signer, Consumer<FieldError> errors) {
    String at = "spec.signerName";
    if (signer.isEmpty()) {
      errors.accept(FieldError.required(at, ""));
      return;
    }
    String[] parts = signer.split("/", -1);
    if (parts.length != 2 || parts[1].isEmpty() || !parts[0].contains(".")) {
      errors.accept(
          FieldError.invalid(
              at,
              signer,
              "must be a fully qualified domain and path of the form 'example.com/signer-name'"));
      return;
    }
    Names.dns1123Subdomain(parts[0])
        .forEach(wrong -> errors.accept(FieldError.invalid(at, signer, wrong)));
    if (signer.equals(Signers.LEGACY)) {
      errors.accept(
          FieldError.invalid(
              at, signer, "the legacy signerName is not allowed via this API version"));
    }
  }
}
