package io.berth.agent.runtime.fake;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Understands as much of command lines as manifests for tests use: {@code echo}, {@code sleep},
 * {@code exit}, {@code true}, {@code false}, {@code cat}, {@code trap '' TERM}, {@code >&2}, and
 * {@code sh -c} with several of them. Everything else is a service that runs for ever.
 */
final class FakeShell {
  private final StringBuilder stdout = new StringBuilder();
  private final StringBuilder stderr = new StringBuilder();
  private Duration time = Duration.ZERO;
  private boolean forever;
  private boolean ignoresTerm;
  private boolean copiesInput;
  private String lastWords = "";
  private @Nullable Integer code;

  private FakeShell() {}

  /** What a command does, its input copied to its output where {@code cat} is in it. */
  record Run(FakeProcess process, boolean copiesInput) {}

  static Run run(List<String> argv) {
    FakeShell shell = new FakeShell();
    if (argv.isEmpty()) {
      return new Run(FakeProcess.SERVICE, false);
    }
    boolean script = argv.size() >= 3 && argv.get(0).endsWith("sh") && argv.get(1).equals("-c");
    if (script) {
      shell.script(argv.get(2));
    } else {
      shell.statement(String.join(" ", argv));
    }
    return new Run(shell.process(), shell.copiesInput);
  }

  private void script(String script) {
    for (String statement : script.split("[;\n]|&&")) {
      if (code == null && !forever && !statement.isBlank()) {
        statement(statement.strip());
      }
    }
  }

  private void statement(String text) {
    String[] words = text.split("\\s+");
    String argument = words.length > 1 ? words[1] : "";
    switch (words[0]) {
      case "echo", "printf" -> echo(text.substring(words[0].length()).strip());
      case "sleep" -> sleep(argument);
      case "exit" -> code = argument.isEmpty() ? 0 : Integer.parseInt(argument);
      case "true", ":" -> {}
      case "false" -> code = 1;
      case "cat" -> copiesInput = true;
      case "trap" -> ignoresTerm = text.contains("''") || text.contains("\"\"");
      default -> forever = true;
    }
  }

  private void echo(String text) {
    if (text.endsWith(">/dev/termination-log") || text.endsWith("> /dev/termination-log")) {
      lastWords = text.substring(0, text.indexOf('>')).strip();
    } else if (text.endsWith(">&2")) {
      stderr.append(unquoted(text.substring(0, text.length() - 3).strip())).append('\n');
    } else {
      stdout.append(unquoted(text)).append('\n');
    }
  }

  private static String unquoted(String text) {
    return text.replaceAll("^['\"]|['\"]$", "");
  }

  private void sleep(String argument) {
    try {
      time = time.plusMillis((long) (Double.parseDouble(argument) * 1000));
    } catch (NumberFormatException e) {
      forever = true; // "infinity"
    }
  }

  private FakeProcess process() {
    return new FakeProcess(
        forever ? null : time,
        code == null ? 0 : code,
        stdout.toString(),
        stderr.toString(),
        ignoresTerm,
        lastWords);
  }
}
