package io.berth.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The checkout that is tested, and programs run in it as a user runs them. */
final class Checkout {
  /**
   * What a program left.
   *
   * @param exitCode its exit code
   * @param out its standard output
   * @param err its standard error
   */
  record Ran(int exitCode, String out, String err) {
    @Override
    public String toString() {
      return "exit " + exitCode + "\n" + out + err;
    }
  }

  private static final long LIMIT_SECONDS = 300;

  private Checkout() {}

  /** The repository's root. */
  static Path root() {
    Path here = Path.of("").toAbsolutePath();
    return Files.exists(here.resolve("manifests")) ? here : here.resolve("..").normalize();
  }

  /** The berth command as `./berth` runs it once everything is built. */
  static List<String> berth(String... arguments) {
    Path target = root().resolve("cli/target");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseSerialGC",
            "-cp",
            target.resolve("berth-cli.jar") + ":" + target.resolve("lib") + "/*",
            "io.berth.cli.Main"));
    command.addAll(List.of(arguments));
    return command;
  }

  /** kubectl from where `./verify` puts it, or the machine's own. */
  static String kubectl() {
    String cache = System.getenv().getOrDefault("BERTH_CACHE", "/var/cache/berth");
    Path own = Path.of(cache, "tools", "kubectl", "kubectl");
    return Files.isExecutable(own) ? own.toString() : "kubectl";
  }

  /** Runs kubectl, which is to succeed, and returns what it printed. */
  static String kubectl(Path kubeconfig, String input, String... arguments) {
    List<String> command = new ArrayList<>(List.of(kubectl()));
    command.addAll(List.of(arguments));
    try {
      Ran ran = run(command, Map.of("KUBECONFIG", kubeconfig.toString()), input);
      if (ran.exitCode() != 0) {
        throw new IllegalStateException(command + ": " + ran);
      }
      return ran.out();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  static Ran run(List<String> command, Map<String, String> environment, String input)
      throws IOException, InterruptedException {
    Path out = Files.createTempFile("berth-test", ".out");
    Path err = Files.createTempFile("berth-test", ".err");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(root().toFile())
              .redirectOutput(out.toFile())
              .redirectError(err.toFile());
      builder.environment().put("BERTH_HOME", root().toString());
      builder.environment().putAll(environment);
      Process process = builder.start();
      process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().close();
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(
            command + " did not end:\n" + Files.readString(out) + Files.readString(err));
      }
      return new Ran(process.exitValue(), Files.readString(out), Files.readString(err));
    } finally {
      Files.deleteIfExists(out);
      Files.deleteIfExists(err);
    }
  }
}
