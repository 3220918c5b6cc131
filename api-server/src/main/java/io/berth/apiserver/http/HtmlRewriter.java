package io.berth.apiserver.http;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rewrites the addresses in an HTML page's tags as the page streams through, and nothing else; the
 * contents of scripts, styles and comments stay as they are. At most one tag is held back, and one
 * that is too long to be one is let through as it is. For one thread.
 */
final class HtmlRewriter {
  private static final int LONGEST_TAG = 64 << 10;

  private static final Pattern ADDRESS =
      Pattern.compile(
          "(?i)(\\s(?:href|src|action|formaction|cite|background|codebase|data|icon|longdesc"
              + "|manifest|poster|profile|usemap)\\s*=\\s*)(?:\"([^\"]*)\"|'([^']*)'|([^\\s\"'>]+))");

  private final UnaryOperator<String> address;
  private final ByteArrayOutputStream tag = new ByteArrayOutputStream();

  /** What ends the part that is let through as it is, such as {@code </script}; else empty. */
  private String until = "";

  private final StringBuilder seen = new StringBuilder();
  private boolean inTag;
  private char quote;

  HtmlRewriter(UnaryOperator<String> address) {
    this.address = address;
  }

  byte[] feed(byte[] piece) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(piece.length + 256);
    for (byte b : piece) {
      if (!until.isEmpty()) {
        out.write(b);
        skip((char) (b & 0xff));
      } else if (inTag) {
        inTag(b, out);
      } else if (b == '<') {
        inTag = true;
        quote = 0;
        tag.write(b);
      } else {
        out.write(b);
      }
    }
    return out.toByteArray();
  }

  /** What was held back. */
  byte[] end() {
    byte[] rest = tag.toByteArray();
    tag.reset();
    return rest;
  }

  private void inTag(byte b, ByteArrayOutputStream out) {
    tag.write(b);
    if (tag.size() == 4 && tag.toString(StandardCharsets.ISO_8859_1).equals("<!--")) {
      until = "-->";
      letThrough(out);
    } else if (quote != 0) {
      quote = b == quote ? 0 : quote;
    } else if (b == '"' || b == '\'') {
      quote = (char) b;
    } else if (b == '>') {
      tagEnded(out);
    }
    if (tag.size() > LONGEST_TAG) {
      letThrough(out);
    }
  }

  private void letThrough(ByteArrayOutputStream out) {
    out.writeBytes(tag.toByteArray());
    tag.reset();
    inTag = false;
  }

  private void tagEnded(ByteArrayOutputStream out) {
    // One character a byte: whatever the page's encoding is, what is no address comes out again.
    String text = tag.toString(StandardCharsets.ISO_8859_1);
    tag.reset();
    inTag = false;
    String lower = text.toLowerCase(Locale.ROOT);
    for (String raw : new String[] {"script", "style", "textarea", "title"}) {
      if (lower.startsWith("<" + raw) && !lower.endsWith("/>")) {
        until = "</" + raw;
      }
    }
    out.writeBytes(rewritten(text).getBytes(StandardCharsets.ISO_8859_1));
  }

  private void skip(char next) {
    seen.append(Character.toLowerCase(next));
    if (seen.length() > until.length()) {
      seen.deleteCharAt(0);
    }
    if (seen.toString().equals(until)) {
      until = "";
      seen.setLength(0);
    }
  }

  private String rewritten(String text) {
    Matcher matcher = ADDRESS.matcher(text);
    StringBuilder all = new StringBuilder();
    while (matcher.find()) {
      String value = matcher.group(2);
      String mark = "\"";
      if (value == null) {
        value = matcher.group(3);
        mark = "'";
      }
      if (value == null) {
        value = matcher.group(4);
        mark = "";
      }
      String changed = matcher.group(1) + mark + address.apply(value) + mark;
      matcher.appendReplacement(all, Matcher.quoteReplacement(changed));
    }
    return matcher.appendTail(all).toString();
  }
}
