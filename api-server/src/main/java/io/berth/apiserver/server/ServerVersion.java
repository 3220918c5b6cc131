package io.berth.apiserver.server;

import io.berth.api.codec.Json;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import org.jspecify.annotations.Nullable;

/**
 * {@code /version}: the version of the Kubernetes API that is spoken, in the form clients parse.
 */
public final class ServerVersion implements PathHandler {
  /** A semantic version: what follows the plus sign names the program. */
  public static final String GIT_VERSION = "v1.36.0+berth";

  private static final byte[] BODY =
      Json.bytes(
          Json.object()
              .put("major", "1")
              .put("minor", "36")
              .put("emulationMajor", "1")
              .put("emulationMinor", "36")
              .put("minCompatibilityMajor", "1")
              .put("minCompatibilityMinor", "35")
              .put("gitVersion", GIT_VERSION)
              .put("gitCommit", "")
              .put("gitTreeState", "clean")
              .put("buildDate", "2026-01-01T00:00:00Z")
              .put("goVersion", "")
              .put("compiler", "javac")
              .put("platform", platform()));

  @Override
  public @Nullable ApiResponse handle(ApiRequest request) {
    String path = request.path();
    return path.equals("/version") || path.equals("/version/") ? Responses.json(200, BODY) : null;
  }

  private static String platform() {
    String machine = System.getProperty("os.arch", "");
    return "linux/" + (machine.equals("aarch64") ? "arm64" : machine);
  }
}
