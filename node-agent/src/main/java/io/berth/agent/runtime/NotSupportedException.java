package io.berth.agent.runtime;

/**
 * A field of the pod asks for what the driver cannot do; the pod then waits with reason {@code
 * NotSupported}.
 */
public final class NotSupportedException extends RuntimeDriverException {
  private static final long serialVersionUID = 1L;

  private final String fieldPath;

  /**
   * @param fieldPath the pod's field, such as {@code spec.volumes[0].hostPath}
   * @param why what the driver cannot do, for people
   */
  public NotSupportedException(String fieldPath, String why) {
    super(fieldPath + ": " + why);
    this.fieldPath = fieldPath;
  }

  public String fieldPath() {
    return fieldPath;
  }
}
