package io.berth.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.berth.api.time.SystemEnvironment;
import io.berth.cli.kube.Waiting;
import io.berth.cli.up.TestingCluster;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * kubectl, Helm and Kubernetes' JavaScript client, which nobody here wrote, against a cluster in
 * memory: every command of each {@code transcript.txt}, in order, with what it prints.
 */
@Tag("real")
class CommandsTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir private static Path scratch;
  private static final SystemEnvironment environment = new SystemEnvironment();
  private static TestingCluster cluster;
  private static ThingServer things;
  private static Path directory;
  private static Map<String, String> variables;

  @BeforeAll
  static void start() throws Exception {
    cluster = new TestingCluster(scratch, 2);
    things = new ThingServer(environment);
    directory = scratch.resolve("work");
    for (String folder : List.of("kubectl", "helm", "client-node", "scheduling")) {
      copy(Path.of("src/test/resources", folder), directory.resolve(folder));
    }
    Path own = directory.resolve("kubeconfig"); // contexts are changed in it
    Files.copy(cluster.kubeconfig(), own);
    Path tools = Path.of(Checkout.kubectl()).resolve("../..").normalize();
    variables =
        Map.of(
            "KUBECONFIG",
            own.toString(),
            "HOME",
            directory.toString(),
            "THINGS_PORT",
            Integer.toString(things.port()),
            "THINGS_BUNDLE",
            things.bundle(),
            "CLIENT_NODE",
            tools + "/client-node",
            "PATH",
            berth() + ":" + tools + "/kubectl:" + tools + "/helm:" + System.getenv("PATH"));
  }

  /** The directory of a command {@code berth} that is this build. */
  private static Path berth() throws IOException {
    Path bin = Files.createDirectories(directory.resolve("bin"));
    Path command = bin.resolve("berth");
    String java = ProcessHandle.current().info().command().orElse("java");
    Files.writeString(
        command,
        "#!/bin/sh\nexec "
            + java
            + " -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "
            + classPath()
            + " io.berth.cli.Main \"$@\"\n");
    Files.setPosixFilePermissions(command, PosixFilePermissions.fromString("rwxr-xr-x"));
    return bin;
  }

  /** Test runners may load the tests by a loader of their own. */
  private static String classPath() {
    String own = System.getProperty("java.class.path");
    return Thread.currentThread().getContextClassLoader() instanceof URLClassLoader loader
        ? Stream.concat(Stream.of(loader.getURLs()).map(URL::getPath), Stream.of(own))
            .collect(Collectors.joining(File.pathSeparator))
        : own;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
  }

  @AfterAll
  static void stop() {
    things.close();
    cluster.close();
    environment.close();
  }

  @TestFactory
  Stream<DynamicTest> kubectl() throws IOException {
    List<Transcript.Section> sections = transcript("kubectl");
    long commands =
        sections.stream()
            .flatMap(section -> section.steps().stream())
            .filter(step -> step.command().contains("kubectl"))
            .count();
    assertThat(commands).isGreaterThanOrEqualTo(80);
    return tests("kubectl", sections);
  }

  @TestFactory
  Stream<DynamicTest> helm() throws IOException {
    return tests("helm", transcript("helm"));
  }

  @TestFactory
  Stream<DynamicTest> scheduling() throws IOException {
    return tests("scheduling", transcript("scheduling"));
  }

  @TestFactory
  Stream<DynamicTest> clientNode() throws IOException {
    return tests("client-node", transcript("client-node"));
  }

  private static List<Transcript.Section> transcript(String folder) throws IOException {
    return Transcript.read(directory.resolve(folder).resolve("transcript.txt"));
  }

  private static Stream<DynamicTest> tests(String folder, List<Transcript.Section> sections) {
    return sections.stream()
        .map(
            section ->
                dynamicTest(
                    section.title(), () -> section.steps().forEach(step -> step(folder, step))));
  }

  private static void step(String folder, Transcript.Step step) {
    String[] printed = {run(folder, step)};
    if (step.retried()) {
      new Waiting(environment, LIMIT)
          .until(
              () -> {
                printed[0] = run(folder, step);
                return step.matches(printed[0]);
              });
    }
    assertThat(step.matches(printed[0]))
        .as(
            "%s/transcript.txt:%d: %s%nprinted%n%sbut was to print%n%s",
            folder, step.line(), step.command(), printed[0], String.join("\n", step.expected()))
        .isTrue();
  }

  private static String run(String folder, Transcript.Step step) {
    try {
      Checkout.Ran ran =
          Checkout.run(
              List.of(
                  "sh", "-c", "cd \"$HOME/" + folder + "\" && { " + step.command() + "\n} 2>&1"),
              variables,
              "");
      String end = ran.out().isEmpty() || ran.out().endsWith("\n") ? "" : "\n";
      String code = ran.exitCode() == 0 ? "" : "[" + ran.exitCode() + "]\n";
      return ran.out() + end + code;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
