package io.berth.agent.volumes;

/** A volume cannot be made now; the message goes into the pod's events. */
public final class VolumeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean whole;

  private VolumeException(String message, boolean whole) {
    super(message);
    this.whole = whole;
  }

  public VolumeException(String message) {
    this(message, false);
  }

  public VolumeException(String message, Throwable cause) {
    super(message + ": " + cause.getMessage(), cause);
    this.whole = false;
  }

  /** One whose message says already which volume it is about. */
  static VolumeException whole(String message) {
    return new VolumeException(message, true);
  }

  /** The same as an event tells it. */
  VolumeException about(String volume) {
    return whole ? this : whole(failed("SetUp", volume) + getMessage());
  }

  /** How kubelets begin the message of what failed with a volume. */
  static String failed(String step, String volume) {
    return "MountVolume." + step + " failed for volume \"" + volume + "\" : ";
  }
}
