package io.berth.system;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A shell session written down, command by command with what each prints.
 *
 * <pre>
 * ## a section
 * $ a command          run by sh
 * what it prints       output and error output; * stands for anything in a line,
 * ...                  this for any lines
 * [1]                  its exit code, where that is not 0
 * ~ a command          tried again until it prints what is written
 * </pre>
 */
final class Transcript {
  /**
   * A command and what is to come of it.
   *
   * @param retried until it comes
   */
  record Step(int line, String command, boolean retried, List<String> expected) {
    boolean matches(String printed) {
      StringBuilder pattern = new StringBuilder();
      for (String line : expected) {
        if (line.equals("...")) {
          pattern.append("(?:.*\n)*?");
        } else {
          String text = Pattern.quote(line).replace("*", "\\E.*\\Q");
          pattern.append(text).append("[ \t]*\n");
        }
      }
      return Pattern.matches(pattern.toString(), printed);
    }
  }

  /** Commands that belong together. */
  record Section(String title, List<Step> steps) {}

  private Transcript() {}

  static List<Section> read(Path file) throws IOException {
    List<Section> sections = new ArrayList<>();
    int number = 0;
    for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
      number++;
      if (line.startsWith("## ")) {
        sections.add(new Section(line.substring(3), new ArrayList<>()));
      } else if (line.startsWith("$ ") || line.startsWith("~ ")) {
        Step step = new Step(number, line.substring(2), line.charAt(0) == '~', new ArrayList<>());
        sections.getLast().steps().add(step);
      } else if (!sections.isEmpty() && !sections.getLast().steps().isEmpty()) {
        sections.getLast().steps().getLast().expected().add(line);
      }
    }
    for (Section section : sections) {
      dropBlankEnd(section.steps().getLast().expected());
    }
    return sections;
  }

  /** The empty line before the next section is no output. */
  private static void dropBlankEnd(List<String> lines) {
    while (!lines.isEmpty() && lines.getLast().isEmpty()) {
      lines.removeLast();
    }
  }
}
