package io.berth.api.object;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;

/**
 * An exact amount of a resource, as {@code 500m}, {@code 1.5Gi}, {@code 2} or {@code 1e3} write it.
 * Immutable. Amounts finer than a nano round away from zero; amounts beyond 2^63-1 are held at it.
 *
 * <p>{@link #compareTo} goes by amount, {@link #equals} also by the form it is written in.
 *
 * @param amount the number
 * @param form how it is written
 */
public record Quantity(BigDecimal amount, Form form) implements Comparable<Quantity> {
  /** How a quantity is written. */
  public enum Form {
    /** Powers of ten with suffixes n, u, m, k, M, G, T, P, E. */
    DECIMAL,
    /** Powers of 1024 with suffixes Ki, Mi, Gi, Ti, Pi, Ei. */
    BINARY,
    /** Powers of ten as {@code e3}. */
    EXPONENT
  }

  public static final Quantity ZERO = new Quantity(BigDecimal.ZERO, Form.DECIMAL);

  private static final String FORM_MESSAGE =
      "quantities must match the regular expression"
          + " '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  private static final String SUFFIX_MESSAGE = "unable to parse quantity's suffix";
  private static final int MAX_LENGTH = 200; // reading digits costs their number squared
  private static final BigDecimal MAX = BigDecimal.valueOf(Long.MAX_VALUE);
  private static final BigInteger KIBI = BigInteger.valueOf(1024);
  private static final String DECIMAL_SUFFIXES = "num kMGTPE"; // the blank is "no suffix"
  private static final String BINARY_SUFFIXES = "KMGTPE";

  /** Units, written as a decimal. */
  public static Quantity of(long units) {
    return new Quantity(BigDecimal.valueOf(units), Form.DECIMAL);
  }

  /** Thousandths, written as a decimal. */
  public static Quantity ofMilli(long milli) {
    return new Quantity(BigDecimal.valueOf(milli, 3), Form.DECIMAL);
  }

  /** Bytes, written with binary suffixes. */
  public static Quantity ofBytes(long bytes) {
    return new Quantity(BigDecimal.valueOf(bytes), Form.BINARY);
  }

  /**
   * A JSON string or number.
   *
   * @throws IllegalArgumentException with the message that clients know
   */
  public static Quantity of(JsonNode node) {
    return parse(node.asText());
  }

  /**
   * @throws IllegalArgumentException with the message that clients know
   */
  public static Quantity parse(String text) {
    if (text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(FORM_MESSAGE);
    }
    int end = numberEnd(text);
    BigDecimal number = number(text.substring(0, end));
    String suffix = text.substring(end);
    if (suffix.isEmpty()) {
      return bounded(number, Form.DECIMAL);
    }
    char first = suffix.charAt(0);
    if (suffix.length() == 1) {
      int power = first == ' ' ? -1 : DECIMAL_SUFFIXES.indexOf(first);
      if (power >= 0) {
        return bounded(number.scaleByPowerOfTen((power - 3) * 3), Form.DECIMAL);
      }
    } else if (suffix.length() == 2 && suffix.charAt(1) == 'i') {
      int power = BINARY_SUFFIXES.indexOf(first);
      if (power >= 0) {
        return bounded(number.multiply(new BigDecimal(KIBI.pow(power + 1))), Form.BINARY);
      }
    }
    if (first == 'e' || first == 'E') {
      return bounded(number.scaleByPowerOfTen(exponent(suffix.substring(1))), Form.EXPONENT);
    }
    throw new IllegalArgumentException(suffixMessage(suffix));
  }

  /** Whether text is a quantity. */
  public static boolean isValid(String text) {
    try {
      parse(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static int numberEnd(String text) {
    int end = 0;
    while (end < text.length()) {
      char c = text.charAt(end);
      boolean part = (c >= '0' && c <= '9') || c == '.' || (end == 0 && (c == '-' || c == '+'));
      if (!part) {
        break;
      }
      end++;
    }
    return end;
  }

  private static BigDecimal number(String text) {
    try {
      int digits = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
      if (text.length() == digits || text.endsWith("..") || text.substring(digits).equals(".")) {
        throw new IllegalArgumentException(FORM_MESSAGE);
      }
      return new BigDecimal(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(FORM_MESSAGE, e);
    }
  }

  private static int exponent(String text) {
    try {
      int exponent = Integer.parseInt(text);
      if (Math.abs(exponent) <= 1000) { // beyond, arithmetic would only cost time
        return exponent;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(SUFFIX_MESSAGE, e);
    }
    throw new IllegalArgumentException(SUFFIX_MESSAGE);
  }

  private static String suffixMessage(String suffix) {
    return suffix.matches("[eEinumkKMGTP]*[-+]?[0-9]*") ? SUFFIX_MESSAGE : FORM_MESSAGE;
  }

  private static Quantity bounded(BigDecimal amount, Form form) {
    BigDecimal held = amount.scale() > 9 ? amount.setScale(9, RoundingMode.UP) : amount;
    if (held.precision() - held.scale() > 18) {
      held = held.min(MAX).max(MAX.negate());
    }
    return new Quantity(held, form);
  }

  /** Whole units, rounded up. */
  public long value() {
    return scaled(0);
  }

  /** Thousandths, rounded up; the largest long where they do not fit. */
  public long milliValue() {
    return scaled(3);
  }

  /** Billionths; the largest long where they do not fit. */
  public long nanoValue() {
    return scaled(9);
  }

  private long scaled(int digits) {
    BigDecimal scaled = amount.movePointRight(digits).setScale(0, RoundingMode.CEILING);
    if (scaled.precision() > 18) {
      return scaled.min(MAX).max(MAX.negate()).longValue();
    }
    return scaled.longValue();
  }

  /** The sum, in this quantity's form unless it is zero. */
  public Quantity add(Quantity other) {
    return new Quantity(amount.add(other.amount), isZero() ? other.form : form);
  }

  /** The difference, in this quantity's form unless it is zero. */
  public Quantity subtract(Quantity other) {
    return new Quantity(amount.subtract(other.amount), isZero() ? other.form : form);
  }

  public boolean isZero() {
    return amount.signum() == 0;
  }

  /** -1, 0 or 1. */
  public int signum() {
    return amount.signum();
  }

  @Override
  public int compareTo(Quantity other) {
    return amount.compareTo(other.amount);
  }

  /** The canonical text: no fraction, and the largest suffix that allows that. */
  @Override
  public String toString() {
    if (amount.signum() == 0) {
      return "0";
    }
    BigDecimal plain = amount.stripTrailingZeros();
    boolean binary =
        form == Form.BINARY
            && plain.scale() <= 0
            && amount.abs().compareTo(BigDecimal.valueOf(1024)) >= 0;
    return binary ? binary(plain.toBigIntegerExact()) : decimal(plain);
  }

  private static String binary(BigInteger bytes) {
    int power = 0;
    BigInteger rest = bytes;
    while (power < BINARY_SUFFIXES.length() && rest.mod(KIBI).signum() == 0) {
      rest = rest.divide(KIBI);
      power++;
    }
    return power == 0 ? rest.toString() : rest.toString() + BINARY_SUFFIXES.charAt(power - 1) + "i";
  }

  private String decimal(BigDecimal plain) {
    int exponent = Math.min(18, Math.floorDiv(-plain.scale(), 3) * 3);
    String digits = plain.movePointLeft(exponent).toBigIntegerExact().toString();
    if (exponent == 0) {
      return digits;
    }
    return form == Form.EXPONENT
        ? digits + "e" + exponent
        : digits + DECIMAL_SUFFIXES.charAt(exponent / 3 + 3);
  }
}
