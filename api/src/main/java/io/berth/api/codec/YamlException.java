package io.berth.api.codec;

/** Text that is no YAML, or YAML that is no JSON. The message is one line and says where. */
public final class YamlException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final int document;
  private final int line;
  private final int column;

  /**
   * @param document counted from 1, empty ones included
   * @param line counted from 1
   * @param column counted from 1
   */
  YamlException(int document, int line, int column, String problem) {
    super("document " + document + ", line " + line + ", column " + column + ": " + problem);
    this.document = document;
    this.line = line;
    this.column = column;
  }

  public int document() {
    return document;
  }

  public int line() {
    return line;
  }

  public int column() {
    return column;
  }
}
