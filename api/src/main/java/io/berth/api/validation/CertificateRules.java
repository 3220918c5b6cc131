package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Requests for certificates. */
final class CertificateRules {
  private static final String BEGIN = "-----BEGIN CERTIFICATE REQUEST-----";
  private static final int SHORTEST_SECONDS = 600;
  private static final List<String> USAGES =
      List.of(
          "any",
          "cert sign",
          "client auth",
          "code signing",
          "content commitment",
          "crl sign",
          "data encipherment",
          "decipher only",
          "digital signature",
          "email protection",
          "encipher only",
          "ipsec end system",
          "ipsec tunnel",
          "ipsec user",
          "key agreement",
          "key encipherment",
          "microsoft sgc",
          "netscape sgc",
          "ocsp signing",
          "s/mime",
          "server auth",
          "signing",
          "timestamping");

  private CertificateRules() {}

  static void request(JsonNode spec, Report report) {
    String request = report.text(spec, "spec", "request");
    if (request != null && !pem(request)) {
      report.add(
          FieldError.invalidRaw(
              "spec.request", "[]byte{...}", "PEM block type must be CERTIFICATE REQUEST"));
    }
    String signer = report.text(spec, "spec", "signerName");
    if (signer != null && !qualified(signer)) {
      report.invalid(
          "spec.signerName",
          signer,
          "must be a fully qualified domain and path of the form 'example.com/signer-name'");
    }
    report.range(
        spec,
        "spec",
        "expirationSeconds",
        SHORTEST_SECONDS,
        Integer.MAX_VALUE,
        "may not specify a duration less than 600 seconds (10 minutes)");
    JsonNode usages = spec.path("usages");
    if (usages.isEmpty()) {
      report.required("spec.usages");
    }
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < usages.size(); i++) {
      String usage = usages.get(i).asText("");
      if (!USAGES.contains(usage)) {
        report.add(FieldError.notSupported("spec.usages[" + i + "]", usage, USAGES));
      } else if (!seen.add(usage)) {
        report.add(FieldError.duplicate("spec.usages[" + i + "]", usage));
      }
    }
  }

  private static boolean qualified(String signer) {
    int slash = signer.indexOf('/');
    return slash > 0 && slash < signer.length() - 1 && signer.substring(0, slash).contains(".");
  }

  private static boolean pem(String base64) {
    try {
      byte[] bytes = Base64.getDecoder().decode(base64);
      return new String(bytes, StandardCharsets.US_ASCII).contains(BEGIN);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
