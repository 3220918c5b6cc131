package io.berth.cli;

import picocli.CommandLine;

/** What {@code berth --version} prints. */
public final class Version implements CommandLine.IVersionProvider {
  /** Berth's own version. */
  public static final String BERTH = "0.1.0";

  /** The version of Kubernetes whose API is served. */
  public static final String KUBERNETES = "1.36";

  @Override
  public String[] getVersion() {
    return new String[] {"berth " + BERTH + " (Kubernetes API " + KUBERNETES + ")"};
  }
}
