package io.berth.cli.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.cli.Main;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** The command as people run it, over small files. */
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class SimulateCommandTest {
  @TempDir private Path folder = Path.of("");

  private record Said(int exitCode, String out, String err) {}

  private static Said berth(String... arguments) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    ByteArrayOutputStream complained = new ByteArrayOutputStream();
    System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(complained, true, StandardCharsets.UTF_8));
    try {
      int code = Main.run(arguments);
      return new Said(
          code, said.toString(StandardCharsets.UTF_8), complained.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  private Said simulate(String... more) throws IOException {
    Path nodes = folder.resolve("nodes.csv");
    Files.writeString(
        nodes,
        """
        sn,cpu_milli,memory_mib,gpu,model
        a,8000,16384,2,T4
        b,8000,16384,2,P100
        c,8000,16384,0,
        """);
    Path pods = folder.resolve("pods.csv");
    Files.writeString(
        pods,
        """
        cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec
        1000,1024,1,500,
        2000,2048,1,1000,T4
        500,512,0,0,
        """);
    List<String> all =
        new ArrayList<>(
            List.of("simulate", "--nodes", nodes.toString(), "--pods", pods.toString()));
    all.addAll(List.of(more));
    return berth(all.toArray(String[]::new));
  }

  @Test
  void eachPolicyGetsARow() throws IOException {
    Said said = simulate("--seeds", "1-3");

    assertThat(said.err()).as("there is no terminal here").isEmpty();
    assertThat(said.exitCode()).isZero();
    assertThat(said.out().lines().toList().get(0))
        .startsWith("3 nodes, a list of 3 pods, mean of 3");
    assertThat(said.out().lines().toList().get(1))
        .startsWith("POLICY")
        .contains("GPU@100%", "CPU@130%", "NODES", "FAILED", "FRAGMENTED");
    assertThat(said.out().lines().skip(2).map(line -> line.split(" ", 2)[0]))
        .containsExactly(
            "FragmentationAware",
            "MostAllocated",
            "LeastAllocated",
            "RequestedToCapacityRatio",
            "BestFit",
            "DotProduct");
  }

  @Test
  void aListThatEndsAtWhatThereIsHasNoSecondSetOfShares() throws IOException {
    for (String inflate : List.of("1", "0")) {
      String head =
          simulate("--seeds", "5", "--policy", "BestFit", "--inflate", inflate)
              .out()
              .lines()
              .toList()
              .get(1);
      assertThat(head.split("CPU@", -1)).as(head).hasSize(2);
    }
  }

  @Test
  void anAmountThatIsNoneIsNamedWithItsResource() throws IOException {
    Path nodes = folder.resolve("nodes.yaml");
    Files.writeString(
        nodes,
        """
        apiVersion: v1
        kind: Node
        metadata: {name: x}
        status: {allocatable: {cpu: abc}}
        """);
    assertThat(berth("simulate", "--nodes", nodes.toString(), "--pods", nodes.toString()).err())
        .contains(":1: node x: cpu is no amount: \"abc\": quantities must match");
  }

  @Test
  void programsGetEachRunAndTheMean() throws IOException {
    Said said = simulate("--seeds", "5", "--policy", "BestFit", "--inflate", "0", "-o", "json");
    JsonNode report = Json.parse(said.out().getBytes(StandardCharsets.UTF_8));

    assertThat(report.path("scarcestResource").asText()).isEqualTo("berth.io/gpu-milli");
    JsonNode policy = report.path("policies").path(0);
    assertThat(policy.path("mean").path("podsFailed").asInt(-1)).isZero();
    assertThat(policy.path("mean").path("allocatedAtEnd").path("berth.io/gpu-milli").asDouble())
        .isEqualTo(1500.0 / 4000);
    assertThat(policy.path("runs").path(0).path("seed").asInt()).isEqualTo(5);
    assertThat(policy.path("runs").path(0).path("pods").asInt()).isEqualTo(3);
  }

  @Test
  void withoutGpusTheirModelsDoNotMatterEither() throws IOException {
    Said said = simulate("--seeds", "5", "--policy", "BestFit", "--inflate", "0", "--ignore-gpus");
    assertThat(said.out()).doesNotContain("GPU").containsPattern("BestFit.* 1\\.0 +0\\.0 ");
  }

  @Test
  void aBatchIsToldBesideItsBounds() throws IOException {
    Said said = simulate("--offline", "--ignore-gpus");
    assertThat(said.err()).isEmpty();
    assertThat(said.out())
        .startsWith("All 3 pods on 1 of 3 nodes (")
        .contains("fewer than: 1 by volume, 1 by big items, 1 by LP.");

    JsonNode report =
        Json.parse(simulate("--offline", "-o", "json").out().getBytes(StandardCharsets.UTF_8));
    assertThat(report.path("bounds").path("largest").asInt()).isEqualTo(1);
    assertThat(report.path("attempts")).hasSize(6 * 5);
    assertThat(report.path("attempts").path(0).path("podsFailed").asInt(-1)).isZero();
  }

  @Test
  void aBatchThatDoesNotFitIsSaidNotTo() throws IOException {
    Said said = simulate("--offline", "--inflate", "2");
    assertThat(said.out()).containsPattern("^\\d+ of \\d+ pods fit on none of 3 nodes");
  }

  @Test
  void whatIsWrongWithTheCommandIsSaidInALine() throws IOException {
    assertThat(simulate("--policy", "BestFot").err())
        .isEqualTo("berth: no strategy BestFot: did you mean BestFit?\n");
    assertThat(simulate("--policy", "Magic").err())
        .startsWith("berth: no strategy Magic: expected one of FragmentationAware, ");
    assertThat(simulate("--seeds", "9-1").err()).contains("9-1 is no range");
    assertThat(simulate("--seeds", "x").err())
        .isEqualTo("berth: --seeds x: expected such as 42-51, 7 or 1,3,5-9\n");
    assertThat(simulate("-o", "xml").err()).isEqualTo("berth: -o xml: expected table or json\n");
    assertThat(simulate("-o", "xml").exitCode()).isEqualTo(1);
    assertThat(berth("simulate", "--nodes", "x").err())
        .isEqualTo("berth: missing --pods FILE: a list of nodes and one of pods are needed\n");
    assertThat(simulate("--mix", "uniform").err())
        .isEqualTo("berth: --mix is instead of --nodes and --pods\n");
    assertThat(berth("simulate", "--mix", "uniforn").err())
        .isEqualTo("berth: no mix uniforn: did you mean uniform?\n");
    String absent = folder.resolve("absent.csv").toString();
    assertThat(berth("simulate", "--nodes", absent, "--pods", absent).err())
        .isEqualTo("berth: the file " + absent + " does not exist\n");
    String itself = folder.toString();
    assertThat(berth("simulate", "--nodes", itself, "--pods", absent).err())
        .isEqualTo("berth: " + itself + ": is a folder, not a file\n");
    assertThat(simulate("--threads", "-1").err())
        .isEqualTo("berth: --threads -1: expected 1 or more\n");
  }
}
