package io.berth.api.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Defaults of claims to devices. */
final class DeviceDefaults {
  private static final String EXACT = "ExactCount";

  private DeviceDefaults() {}

  static void claim(ObjectNode claim) {
    spec(Unset.object(claim, "spec"));
    Unset.object(claim, "status");
  }

  static void template(ObjectNode template) {
    ObjectNode spec = Unset.object(template, "spec");
    Unset.object(spec, "metadata");
    spec(Unset.object(spec, "spec"));
  }

  private static void spec(ObjectNode spec) {
    Unset.within(
        spec,
        "devices",
        devices ->
            Unset.each(
                devices,
                "requests",
                request -> {
                  Unset.within(request, "exactly", DeviceDefaults::wanted);
                  Unset.each(request, "firstAvailable", DeviceDefaults::wanted);
                }));
  }

  private static void wanted(ObjectNode request) {
    Unset.text(request, "allocationMode", EXACT);
    if (request.path("allocationMode").asText().equals(EXACT)) {
      Unset.positive(request, "count", 1);
    }
    Unset.each(request, "tolerations", toleration -> Unset.text(toleration, "operator", "Equal"));
  }
}
