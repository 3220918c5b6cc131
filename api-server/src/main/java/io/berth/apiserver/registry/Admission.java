package io.berth.apiserver.registry;

import java.util.List;

/** The admission steps in their order. */
final class Admission {
  private final List<AdmissionStep> steps;

  Admission(List<AdmissionStep> steps) {
    this.steps = List.copyOf(steps);
  }

  void admit(AdmissionRequest request) {
    for (AdmissionStep step : steps) {
      step.admit(request);
    }
  }
}
