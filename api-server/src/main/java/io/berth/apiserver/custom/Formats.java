package io.berth.apiserver.custom;

import io.berth.api.object.Names;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The formats of texts that Kubernetes checks; others say nothing. Pure. */
public final class Formats {
  private static final Pattern UUID_ANY =
      Pattern.compile("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$");
  private static final Pattern EMAIL = Pattern.compile("^[^@\\s<>]+@[^@\\s<>]+$");
  private static final Pattern HOSTNAME =
      Pattern.compile(
          "^([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]{0,61}[a-zA-Z0-9])"
              + "(\\.([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]{0,61}[a-zA-Z0-9]))*\\.?$");
  private static final Pattern MAC =
      Pattern.compile(
          "^([0-9a-fA-F]{2}[:-]){5}([0-9a-fA-F]{2}[:-]{0}|([0-9a-fA-F]{2}[:-]){2}[0-9a-fA-F]{2})$");
  private static final Pattern IPV4 =
      Pattern.compile(
          "^((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\\.){3}"
              + "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])$");
  private static final Pattern GO_DURATION =
      Pattern.compile("^[-+]?(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$|^[-+]?0$");
  private static final Pattern WORD_DURATION = Pattern.compile("(?i)^(\\d+)\\s*([a-zµ]+)$");
  private static final Pattern ISBN10 = Pattern.compile("^(?:[0-9]{9}X|[0-9]{10})$");
  private static final Pattern ISBN13 = Pattern.compile("^(?:[0-9]{13})$");
  private static final Pattern HEX_COLOR = Pattern.compile("^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$");
  private static final Pattern RGB_COLOR =
      Pattern.compile("^rgb\\(\\s*(\\d{1,3})\\s*,\\s*(\\d{1,3})\\s*,\\s*(\\d{1,3})\\s*\\)$");
  private static final Pattern SSN = Pattern.compile("^\\d{3}[- ]?\\d{2}[- ]?\\d{4}$");
  private static final Pattern CARD = Pattern.compile("^[0-9]{13,19}$");
  private static final Pattern OBJECT_ID = Pattern.compile("^[0-9a-fA-F]{24}$");

  private static final Map<String, Predicate<String>> CHECKS =
      Map.ofEntries(
          Map.entry("bsonobjectid", OBJECT_ID.asMatchPredicate()),
          Map.entry("uri", Formats::uri),
          Map.entry("email", EMAIL.asMatchPredicate()),
          Map.entry("hostname", text -> HOSTNAME.matcher(text).matches() && text.length() < 256),
          Map.entry("ipv4", IPV4.asMatchPredicate()),
          Map.entry("ipv6", text -> text.contains(":") && Addresses.isIp(text)),
          Map.entry("cidr", Addresses::isCidr),
          Map.entry("mac", MAC.asMatchPredicate()),
          Map.entry("uuid", UUID_ANY.asMatchPredicate()),
          Map.entry("uuid3", text -> uuid(text, '3')),
          Map.entry("uuid4", text -> uuid(text, '4')),
          Map.entry("uuid5", text -> uuid(text, '5')),
          Map.entry("isbn", text -> isbn10(text) || isbn13(text)),
          Map.entry("isbn10", Formats::isbn10),
          Map.entry("isbn13", Formats::isbn13),
          Map.entry("creditcard", text -> CARD.matcher(text.replaceAll("[- ]", "")).matches()),
          Map.entry("ssn", SSN.asMatchPredicate()),
          Map.entry("hexcolor", HEX_COLOR.asMatchPredicate()),
          Map.entry("rgbcolor", RGB_COLOR.asMatchPredicate()),
          Map.entry("byte", Formats::base64),
          Map.entry("date", Formats::date),
          Map.entry("datetime", Formats::dateTime),
          Map.entry("date-time", Formats::dateTime),
          Map.entry("duration", Formats::duration),
          Map.entry("k8s-short-name", text -> Names.dns1123Label(text).isEmpty()),
          Map.entry("k8s-long-name", text -> Names.dns1123Subdomain(text).isEmpty()));

  private Formats() {}

  /** Whether a text has a format; true where the format is not one that is checked. */
  public static boolean fits(String format, String text) {
    Predicate<String> check = CHECKS.get(format);
    return check == null || check.test(text);
  }

  private static boolean uri(String text) {
    try {
      URI uri = new URI(text);
      return uri.getScheme() != null || text.startsWith("/");
    } catch (URISyntaxException e) {
      return false;
    }
  }

  private static boolean uuid(String text, char version) {
    String digits = text.replace("-", "");
    return UUID_ANY.matcher(text).matches() && digits.charAt(12) == version;
  }

  private static boolean isbn10(String text) {
    String digits = text.replaceAll("[\\s-]", "");
    if (!ISBN10.matcher(digits).matches()) {
      return false;
    }
    int sum = 0;
    for (int i = 0; i < 10; i++) {
      int digit = digits.charAt(i) == 'X' ? 10 : digits.charAt(i) - '0';
      sum += (10 - i) * digit;
    }
    return sum % 11 == 0;
  }

  private static boolean isbn13(String text) {
    String digits = text.replaceAll("[\\s-]", "");
    if (!ISBN13.matcher(digits).matches()) {
      return false;
    }
    int sum = 0;
    for (int i = 0; i < 13; i++) {
      sum += (i % 2 == 0 ? 1 : 3) * (digits.charAt(i) - '0');
    }
    return sum % 10 == 0;
  }

  private static boolean base64(String text) {
    try {
      Base64.getMimeDecoder().decode(text);
      return text.length() % 4 == 0 && text.matches("[A-Za-z0-9+/\\r\\n]*={0,2}");
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean date(String text) {
    try {
      LocalDate.parse(text);
      return true;
    } catch (DateTimeException e) {
      return false;
    }
  }

  private static boolean dateTime(String text) {
    try {
      OffsetDateTime.parse(text.replace(' ', 'T'));
      return true;
    } catch (DateTimeException e) {
      return false;
    }
  }

  private static boolean duration(String text) {
    if (GO_DURATION.matcher(text).matches()) {
      return true;
    }
    if (WORD_DURATION.matcher(text).matches()) {
      return text.matches(
          "(?i)^\\d+\\s*(ns|nanos?|nanoseconds?|us|µs|micros?|microseconds?|ms|millis?|"
              + "milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)$");
    }
    try {
      Duration.parse(text);
      return true;
    } catch (DateTimeException e) {
      return false;
    }
  }
}
