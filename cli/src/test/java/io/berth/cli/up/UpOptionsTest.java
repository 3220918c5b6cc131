package io.berth.cli.up;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

final class UpOptionsTest {
  /** What the process in the foreground does itself. */
  private static final Set<String> FOREGROUND =
      Set.of("--detach", "--demo", "--filename", "--timeout");

  @Test
  void theProcessInTheBackgroundGetsAllThatTheClusterIsMadeBy() {
    UpOptions given = new UpOptions();
    CommandSpec spec = CommandSpec.forAnnotatedObject(given);
    List<String> arguments = new ArrayList<>();
    List<String> expected = new ArrayList<>(List.of("up"));
    int number = 0;
    for (OptionSpec option : spec.options()) {
      if (!FOREGROUND.contains(option.longestName())) {
        String value = value(option, ++number);
        arguments.addAll(List.of(option.longestName(), value));
        expected.addAll(List.of(option.longestName(), value));
      }
    }

    new CommandLine(spec).parseArgs(arguments.toArray(String[]::new));

    assertThat(given.inBackground()).containsExactlyInAnyOrderElementsOf(expected);
  }

  private static String value(OptionSpec option, int number) {
    return switch (option.type().getSimpleName()) {
      case "int" -> Integer.toString(10_000 + number);
      case "Path" -> "/given/" + number;
      default -> "given" + number;
    };
  }
}
