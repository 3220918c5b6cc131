package io.berth.api.object;

import java.util.Set;

/** What CEL, the language of rules and policies, has another use for. */
public final class CelWords {
  /** No variable or field of an expression may have one of these names. */
  public static final Set<String> RESERVED =
      Set.of(
          "true",
          "false",
          "null",
          "in",
          "as",
          "break",
          "const",
          "continue",
          "else",
          "for",
          "function",
          "if",
          "import",
          "let",
          "loop",
          "package",
          "namespace",
          "return",
          "var",
          "void",
          "while");

  private CelWords() {}
}
