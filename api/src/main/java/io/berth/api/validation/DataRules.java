package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import java.util.List;

/** Config maps and secrets. */
final class DataRules {
  private static final int MAX_BYTES = 1 << 20;
  private static final String ACCOUNT = "kubernetes.io/service-account.name";

  private DataRules() {}

  static void configMap(JsonNode map, Report report) {
    JsonNode data = map.path("data");
    JsonNode binary = map.path("binaryData");
    long size = 0;
    for (var entry : data.properties()) {
      String path = "data[" + entry.getKey() + "]";
      report.invalid(path, entry.getKey(), Names.configKey(entry.getKey()));
      if (binary.has(entry.getKey())) {
        report.invalid(path, entry.getKey(), "duplicate of key present in binaryData");
      }
      size += MetadataRules.bytes(entry.getValue().asText(""));
    }
    for (var entry : binary.properties()) {
      String path = "binaryData[" + entry.getKey() + "]";
      report.invalid(path, entry.getKey(), Names.configKey(entry.getKey()));
      size += decodedSize(entry.getValue().asText(""));
    }
    if (size > MAX_BYTES) {
      report.add(FieldError.tooLong("", MAX_BYTES));
    }
  }

  static void secret(JsonNode secret, Report report) {
    JsonNode data = secret.path("data");
    long size = 0;
    for (var entry : data.properties()) {
      report.invalid(
          "data[" + entry.getKey() + "]", entry.getKey(), Names.configKey(entry.getKey()));
      size += decodedSize(entry.getValue().asText(""));
    }
    if (size > MAX_BYTES) {
      report.add(FieldError.tooLong("data", MAX_BYTES));
    }
    switch (secret.path("type").asText("")) {
      case "kubernetes.io/service-account-token" -> {
        if (secret.path("metadata").path("annotations").path(ACCOUNT).asText("").isEmpty()) {
          report.required("metadata.annotations[" + ACCOUNT + "]");
        }
      }
      case "kubernetes.io/dockercfg" -> keys(data, report, ".dockercfg");
      case "kubernetes.io/dockerconfigjson" -> keys(data, report, ".dockerconfigjson");
      case "kubernetes.io/ssh-auth" -> keys(data, report, "ssh-privatekey");
      case "kubernetes.io/tls" -> keys(data, report, "tls.crt", "tls.key");
      case "kubernetes.io/basic-auth" -> {
        if (!data.has("username") && !data.has("password")) {
          keys(data, report, "username", "password");
        }
      }
      default -> {}
    }
  }

  private static void keys(JsonNode data, Report report, String... wanted) {
    for (String key : List.of(wanted)) {
      if (!data.has(key)) {
        report.required("data[" + key + "]");
      }
    }
  }

  private static long decodedSize(String base64) {
    return base64.length() / 4L * 3;
  }
}
