package io.berth.api.defaults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Defaults of kinds that have only one or two. */
final class ObjectDefaults {
  /** The label by which selectors find a namespace by its name. */
  private static final String NAME_LABEL = "kubernetes.io/metadata.name";

  private static final String RBAC = "rbac.authorization.k8s.io";

  private static final int TOKEN_SECONDS = 3_600;

  private ObjectDefaults() {}

  static void namespace(ObjectNode namespace) {
    String name = namespace.path("metadata").path("name").asText();
    if (!name.isEmpty()) { // a generated name comes later, and with it another call
      ObjectNode metadata = Unset.object(namespace, "metadata");
      Unset.object(metadata, "labels").put(NAME_LABEL, name);
    }
    Unset.object(namespace, "spec");
    Unset.text(Unset.object(namespace, "status"), "phase", "Active");
  }

  /** Text in {@code stringData} becomes data and is not kept. */
  static void secret(ObjectNode secret) {
    Unset.text(secret, "type", "Opaque");
    JsonNode strings = secret.remove("stringData");
    if (strings instanceof ObjectNode texts && !texts.isEmpty()) {
      ObjectNode data = Unset.object(secret, "data");
      for (var text : texts.properties()) {
        byte[] bytes = text.getValue().asText().getBytes(StandardCharsets.UTF_8);
        data.put(text.getKey(), Base64.getEncoder().encodeToString(bytes));
      }
    }
  }

  static void node(ObjectNode node) {
    Unset.object(node, "spec");
    ObjectNode status = Unset.object(node, "status");
    if (Unset.unset(status, "allocatable") && status.get("capacity") instanceof ObjectNode all) {
      status.set("allocatable", all.deepCopy());
    }
  }

  static void tokenRequest(ObjectNode request) {
    Unset.number(Unset.object(request, "spec"), "expirationSeconds", TOKEN_SECONDS);
  }

  /** Bindings of roles: who is named without a group is of the group of roles. */
  static void binding(ObjectNode binding) {
    Unset.within(binding, "roleRef", role -> Unset.text(role, "apiGroup", RBAC));
    Unset.each(
        binding,
        "subjects",
        subject -> {
          String kind = subject.path("kind").asText("");
          if (kind.equals("User") || kind.equals("Group")) {
            Unset.text(subject, "apiGroup", RBAC);
          }
        });
  }
}
