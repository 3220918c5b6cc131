package io.berth.agent.pod;

/** A container cannot be configured as its pod asks: {@code CreateContainerConfigError}. */
final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ConfigException(String message) {
    super(message);
  }
}
