package io.berth.apiserver.registry;

import java.util.List;

/** The admission steps in their order. */
final class Admission {
  private final List<AdmissionStep> steps;

  Admission(List<AdmissionStep> steps) {
    this.steps = List.copyOf(steps);
  }

  /** Once, and once more where a webhook or policy changed what others before it had seen. */
  void admit(AdmissionRequest request) {
    for (AdmissionStep step : steps) {
      step.admit(request);
    }
    if (request.again().begin()) {
      for (AdmissionStep step : steps) {
        step.admit(request);
      }
    }
  }

  /** A request that sends an object of its own to a subresource. */
  void part(AdmissionRequest request) {
    admitPart(request);
    validatePart(request);
  }

  /** The first half of that, before the object is complete. */
  void admitPart(AdmissionRequest request) {
    for (AdmissionStep step : steps) {
      step.admitPart(request);
    }
    if (request.again().begin()) {
      for (AdmissionStep step : steps) {
        step.admitPart(request);
      }
    }
  }

  /** The second half. */
  void validatePart(AdmissionRequest request) {
    for (AdmissionStep step : steps) {
      step.validatePart(request);
    }
  }

  /** Throws what the first step that refuses throws; those before it are told. */
  void validate(AdmissionRequest request) {
    for (int i = 0; i < steps.size(); i++) {
      try {
        steps.get(i).validate(request);
      } catch (RuntimeException e) {
        steps.subList(0, i).forEach(step -> step.abandoned(request));
        throw e;
      }
    }
  }

  void abandoned(AdmissionRequest request) {
    steps.forEach(step -> step.abandoned(request));
  }

  void removed(AdmissionRequest request) {
    steps.forEach(step -> step.removed(request));
  }
}
