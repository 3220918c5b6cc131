package io.berth.api.codec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BigIntegerNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What plain text in YAML stands for. */
final class YamlScalars {
  private static final Set<String> NULLS = Set.of("", "~", "null", "Null", "NULL");
  private static final Set<String> TRUES = Set.of("true", "True", "TRUE");
  private static final Set<String> FALSES = Set.of("false", "False", "FALSE");

  /** Booleans of YAML 1.1, text here: writers quote them for readers that go by it. */
  private static final Set<String> OLD_BOOLEANS = Set.of("y", "n", "yes", "no", "on", "off");

  private static final Pattern INTEGER =
      Pattern.compile(
          "(?<sign>[-+]?)(?:0[xX](?<hex>[0-9a-fA-F]+)|0[oO](?<oct>[0-7]+)|0[bB](?<bin>[01]+)"
              + "|0(?<old>[0-7]+)|(?<dec>[0-9]+))");
  private static final Pattern FLOAT =
      Pattern.compile("[-+]?(?:\\.[0-9]+|[0-9]+(?:\\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?");
  private static final Pattern SEXAGESIMAL =
      Pattern.compile("[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\\.[0-9_]*)?");
  private static final Pattern DATE = Pattern.compile("[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*");
  private static final Pattern NOT_FINITE =
      Pattern.compile("[-+]?\\.(?:inf|Inf|INF)|\\.(?:nan|NaN|NAN)");
  private static final int MAX_EXPONENT = 308; // of a double
  private static final int MAX_DIGITS = 1000;

  private YamlScalars() {}

  /**
   * The value of plain, unquoted text.
   *
   * @throws IllegalArgumentException it stands for something that JSON has not
   */
  static JsonNode resolve(String text) {
    if (NULLS.contains(text)) {
      return NullNode.instance;
    }
    if (TRUES.contains(text)) {
      return BooleanNode.TRUE;
    }
    if (FALSES.contains(text)) {
      return BooleanNode.FALSE;
    }
    if (NOT_FINITE.matcher(text).matches()) {
      throw new IllegalArgumentException("unsupported value: " + text);
    }
    JsonNode number = number(text);
    return number != null ? number : TextNode.valueOf(text);
  }

  /** Whether plain text would be read as text, here and by readers of YAML 1.1. */
  static boolean staysText(String text) {
    return !NULLS.contains(text)
        && !TRUES.contains(text)
        && !FALSES.contains(text)
        && !OLD_BOOLEANS.contains(text.toLowerCase(Locale.ROOT))
        && !NOT_FINITE.matcher(text).matches()
        && !(text.length() < MAX_DIGITS && SEXAGESIMAL.matcher(text).matches())
        && !DATE.matcher(text).matches()
        && number(text) == null;
  }

  /**
   * The value of text under an explicit tag of YAML's.
   *
   * @throws IllegalArgumentException the text does not fit the tag
   */
  static JsonNode tagged(String tag, String text) {
    JsonNode value =
        switch (tag) {
          case "tag:yaml.org,2002:binary" -> binary(text);
          case "tag:yaml.org,2002:int", "tag:yaml.org,2002:float" -> number(text);
          case "tag:yaml.org,2002:bool" -> resolve(text) instanceof BooleanNode b ? b : null;
          case "tag:yaml.org,2002:null" -> NullNode.instance;
          default -> TextNode.valueOf(text);
        };
    if (value == null) {
      throw new IllegalArgumentException(
          "cannot decode " + text + " as a !!" + tag.substring(tag.lastIndexOf(':') + 1));
    }
    return value;
  }

  private static JsonNode binary(String text) {
    try {
      byte[] bytes = Base64.getDecoder().decode(text.replaceAll("\\s", ""));
      return TextNode.valueOf(new String(bytes, StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("!!binary value contains invalid base64 data", e);
    }
  }

  private static @Nullable JsonNode number(String text) {
    if (text.isEmpty() || "+-.0123456789".indexOf(text.charAt(0)) < 0) {
      return null;
    }
    String plain = text.replace("_", "");
    if (plain.length() > MAX_DIGITS) {
      return null; // no number that anything could use
    }
    Matcher integer = INTEGER.matcher(plain);
    if (integer.matches()) {
      return integer(integer);
    }
    return FLOAT.matcher(plain).matches() ? decimal(plain) : null;
  }

  private static JsonNode integer(Matcher m) {
    String hex = m.group("hex");
    String octal = m.group("oct") != null ? m.group("oct") : m.group("old");
    String binary = m.group("bin");
    BigInteger value =
        hex != null
            ? new BigInteger(hex, 16)
            : octal != null
                ? new BigInteger(octal, 8)
                : binary != null ? new BigInteger(binary, 2) : new BigInteger(m.group("dec"));
    return integer("-".equals(m.group("sign")) ? value.negate() : value);
  }

  private static JsonNode integer(BigInteger value) {
    if (value.bitLength() < Integer.SIZE) {
      return IntNode.valueOf(value.intValue());
    }
    return value.bitLength() < Long.SIZE
        ? LongNode.valueOf(value.longValue())
        : BigIntegerNode.valueOf(value);
  }

  /** A whole number is an integer however it is written; one beyond a double is text. */
  private static @Nullable JsonNode decimal(String plain) {
    try {
      BigDecimal value = new BigDecimal(plain);
      int exponent = value.precision() - value.scale();
      if (value.signum() == 0) {
        return IntNode.valueOf(0);
      }
      if (exponent > MAX_EXPONENT || exponent < -MAX_EXPONENT) {
        return null;
      }
      boolean whole = value.stripTrailingZeros().scale() <= 0;
      return whole && exponent <= 18
          ? integer(value.toBigIntegerExact())
          : DecimalNode.valueOf(value);
    } catch (NumberFormatException | ArithmeticException e) {
      return null; // an exponent beyond all bounds
    }
  }
}
