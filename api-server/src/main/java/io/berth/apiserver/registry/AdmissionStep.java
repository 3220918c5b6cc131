package io.berth.apiserver.registry;

/**
 * Looks at every write before it is validated and stored. Safe for use by many threads; must be
 * quick, and repeatable: a write that another one overtook is admitted again.
 */
@FunctionalInterface
public interface AdmissionStep {
  /**
   * Lets the write pass, changed or not.
   *
   * @throws io.berth.api.transport.ApiException the write is refused
   */
  void admit(AdmissionRequest request);
}
