package io.berth.apiserver.registry;

/**
 * Looks at every write before it is validated, and again before it is stored. Safe for use by many
 * threads; must be quick, and repeatable: a write that another one overtook is admitted again.
 */
public interface AdmissionStep {
  /**
   * Lets the write pass, changed or not.
   *
   * @throws io.berth.api.transport.ApiException the write is refused
   */
  default void admit(AdmissionRequest request) {}

  /**
   * Looks at the write again when nothing changes it any more, and it is valid.
   *
   * @throws io.berth.api.transport.ApiException the write is refused
   */
  default void validate(AdmissionRequest request) {}

  /**
   * Lets a request pass that sends a small object of its own to a subresource, such as an Eviction
   * of a pod: changed or not.
   *
   * @throws io.berth.api.transport.ApiException it is refused
   */
  default void admitPart(AdmissionRequest request) {}

  /**
   * Looks at such a request again when nothing changes it any more.
   *
   * @throws io.berth.api.transport.ApiException it is refused
   */
  default void validatePart(AdmissionRequest request) {}

  /** A write that {@link #validate} let pass was not made after all. */
  default void abandoned(AdmissionRequest request) {}

  /** An object is gone from the store. */
  default void removed(AdmissionRequest request) {}
}
