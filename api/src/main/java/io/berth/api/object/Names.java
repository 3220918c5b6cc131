package io.berth.api.object;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * The forms of names, labels and keys. Each check returns what is wrong, in the words that users of
 * Kubernetes know, and nothing where the value is well-formed.
 */
public final class Names {
  private static final String LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
  private static final String SUBDOMAIN = LABEL + "(\\." + LABEL + ")*";
  private static final String LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
  private static final String NAME_PART = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
  private static final String LABEL_VALUE = "(" + NAME_PART + ")?";
  private static final String CONFIG_KEY = "[-._a-zA-Z0-9]+";
  private static final String IANA_NAME = "^[-a-z0-9]+$";

  private static final Pattern LABEL_FORM = Pattern.compile(LABEL);
  private static final Pattern SUBDOMAIN_FORM = Pattern.compile(SUBDOMAIN);
  private static final Pattern LABEL_1035_FORM = Pattern.compile(LABEL_1035);
  private static final Pattern NAME_PART_FORM = Pattern.compile(NAME_PART);
  private static final Pattern LABEL_VALUE_FORM = Pattern.compile(LABEL_VALUE);
  private static final Pattern CONFIG_KEY_FORM = Pattern.compile(CONFIG_KEY);
  private static final Pattern IANA_NAME_FORM = Pattern.compile(IANA_NAME);

  private static final String NAME_PART_WORDING =
      form(
          "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with"
              + " an alphanumeric character",
          NAME_PART,
          "MyName",
          "my.name",
          "123-abc");

  /** Longer text has no form: matching it could exhaust the stack. */
  private static final int MAX_MATCHED = 1000;

  private static final String ALPHANUMERICS = "bcdfghjklmnpqrstvwxz2456789";
  private static final int SUFFIX_LENGTH = 5;
  private static final int MAX_GENERATED_PREFIX = 63 - SUFFIX_LENGTH;

  private Names() {}

  /** A DNS label: at most 63 of lower-case letters, digits and '-'. */
  public static List<String> dns1123Label(String value) {
    List<String> wrong = tooLong(value, 63);
    if (!matches(LABEL_FORM, value)) {
      wrong.add(
          matches(SUBDOMAIN_FORM, value)
              ? "must not contain dots"
              : form(
                  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or"
                      + " '-', and must start and end with an alphanumeric character",
                  LABEL,
                  "my-name",
                  "123-abc"));
    }
    return wrong;
  }

  /** A DNS subdomain: labels joined by dots, at most 253 characters. */
  public static List<String> dns1123Subdomain(String value) {
    List<String> wrong = tooLong(value, 253);
    if (!matches(SUBDOMAIN_FORM, value)) {
      wrong.add(
          form(
              "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters,"
                  + " '-' or '.', and must start and end with an alphanumeric character",
              SUBDOMAIN,
              "example.com"));
    }
    return wrong;
  }

  /** A DNS label that starts with a letter. */
  public static List<String> dns1035Label(String value) {
    List<String> wrong = tooLong(value, 63);
    if (!matches(LABEL_1035_FORM, value)) {
      wrong.add(
          form(
              "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start"
                  + " with an alphabetic character, and end with an alphanumeric character",
              LABEL_1035,
              "my-name",
              "abc-123"));
    }
    return wrong;
  }

  /** A qualified name, as keys of labels, annotations and resources are: {@code prefix/name}. */
  public static List<String> qualifiedName(String value) {
    String[] parts = value.split("/", -1);
    List<String> wrong = new ArrayList<>();
    if (parts.length > 2) {
      wrong.add(
          "a valid label key "
              + NAME_PART_WORDING
              + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
      return wrong;
    }
    if (parts.length == 2 && parts[0].isEmpty()) {
      wrong.add("prefix part must be non-empty");
    } else if (parts.length == 2) {
      dns1123Subdomain(parts[0]).forEach(message -> wrong.add("prefix part " + message));
    }
    String name = parts[parts.length - 1];
    if (name.isEmpty()) {
      wrong.add("name part must be non-empty");
    }
    tooLong(name, 63).forEach(message -> wrong.add("name part " + message));
    if (!matches(NAME_PART_FORM, name)) {
      wrong.add("name part " + NAME_PART_WORDING);
    }
    return wrong;
  }

  /** A label's value; may be empty. */
  public static List<String> labelValue(String value) {
    List<String> wrong = tooLong(value, 63);
    if (!matches(LABEL_VALUE_FORM, value)) {
      wrong.add(
          form(
              "a valid label must be an empty string or consist of alphanumeric characters, '-',"
                  + " '_' or '.', and must start and end with an alphanumeric character",
              LABEL_VALUE,
              "MyValue",
              "my_value",
              "12345"));
    }
    return wrong;
  }

  /** A key of a config map or secret. */
  public static List<String> configKey(String value) {
    List<String> wrong = tooLong(value, 253);
    if (!matches(CONFIG_KEY_FORM, value)) {
      wrong.add(
          form(
              "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
              CONFIG_KEY,
              "key.name",
              "KEY_NAME",
              "key-name"));
    }
    if (value.equals(".")) {
      wrong.add("must not be '.'");
    } else if (value.equals("..")) {
      wrong.add("must not be '..'");
    } else if (value.startsWith("..")) {
      wrong.add("must not start with '..'");
    }
    return wrong;
  }

  /** The name of an environment variable: printable ASCII without '='. */
  public static List<String> environmentVariable(String value) {
    List<String> wrong = new ArrayList<>();
    if (value.isEmpty()) {
      wrong.add("environment variable name must be non-empty");
    }
    if (value.chars().anyMatch(c -> c < 0x20 || c > 0x7e || c == '=')) {
      wrong.add(
          "a valid environment variable name must consist only of printable ASCII characters other"
              + " than '='");
    }
    return wrong;
  }

  /** The name of a port: at most 15 of lower-case letters, digits and '-', with a letter. */
  public static List<String> portName(String value) {
    List<String> wrong = tooLong(value, 15);
    if (!matches(IANA_NAME_FORM, value)) {
      wrong.add("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    }
    if (value.chars().noneMatch(c -> c >= 'a' && c <= 'z')) {
      wrong.add("must contain at least one letter (a-z)");
    }
    if (value.contains("--")) {
      wrong.add("must not contain consecutive hyphens");
    }
    if (value.startsWith("-") || value.endsWith("-")) {
      wrong.add("must not begin or end with a hyphen");
    }
    return wrong;
  }

  /** A segment of a path, the loosest form that a name may have. */
  public static List<String> pathSegment(String value) {
    List<String> wrong = new ArrayList<>();
    if (value.equals(".") || value.equals("..")) {
      wrong.add("may not be '" + value + "'");
      return wrong;
    }
    for (String part : List.of("/", "%")) {
      if (value.contains(part)) {
        wrong.add("may not contain '" + part + "'");
      }
    }
    return wrong;
  }

  /** A name for an object with a {@code generateName}: the prefix and five random characters. */
  public static String generate(String prefix, RandomGenerator random) {
    String kept =
        prefix.length() > MAX_GENERATED_PREFIX ? prefix.substring(0, MAX_GENERATED_PREFIX) : prefix;
    return kept + suffix(random);
  }

  /** Five random characters that form no words. */
  public static String suffix(RandomGenerator random) {
    StringBuilder suffix = new StringBuilder(SUFFIX_LENGTH);
    for (int i = 0; i < SUFFIX_LENGTH; i++) {
      suffix.append(ALPHANUMERICS.charAt(random.nextInt(ALPHANUMERICS.length())));
    }
    return suffix.toString();
  }

  /**
   * Maps each digit or letter of a hash to a character that forms no words, as names that hold a
   * hash have it.
   */
  public static String safeEncode(String hash) {
    StringBuilder encoded = new StringBuilder(hash.length());
    hash.chars().forEach(c -> encoded.append(ALPHANUMERICS.charAt(c % ALPHANUMERICS.length())));
    return encoded.toString();
  }

  private static boolean matches(Pattern form, String value) {
    return value.length() <= MAX_MATCHED && form.matcher(value).matches();
  }

  private static List<String> tooLong(String value, int max) {
    List<String> wrong = new ArrayList<>();
    if (value.length() > max || value.getBytes(StandardCharsets.UTF_8).length > max) {
      wrong.add("must be no more than " + max + " bytes");
    }
    return wrong;
  }

  private static String form(String message, String regex, String... examples) {
    StringBuilder text = new StringBuilder(message).append(" (e.g. ");
    for (int i = 0; i < examples.length; i++) {
      text.append(i > 0 ? " or " : "").append('\'').append(examples[i]).append("', ");
    }
    return text.append("regex used for validation is '").append(regex).append("')").toString();
  }
}
