package io.berth.agent.images;

import java.util.regex.Pattern;

/**
 * A complete image reference, as Docker completes what users write: {@code busybox} is {@code
 * docker.io/library/busybox:latest}.
 *
 * @param registry host, and port where given
 * @param path the repository in the registry
 * @param tag empty where the digest alone names the image
 * @param digest {@code sha256:...}, or empty
 */
public record ImageReference(String registry, String path, String tag, String digest) {
  private static final String DEFAULT_REGISTRY = "docker.io";
  private static final String DEFAULT_TAG = "latest";
  private static final int LONGEST_NAME = 255;
  private static final Pattern PATH =
      Pattern.compile(
          "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)*");
  private static final Pattern REGISTRY =
      Pattern.compile(
          "(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\\[[0-9a-fA-F:]+])(?::[0-9]+)?");
  private static final Pattern TAG = Pattern.compile("\\w[\\w.-]{0,127}");
  private static final Pattern DIGEST =
      Pattern.compile("[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}");
  private static final Pattern IMAGE_ID = Pattern.compile("[0-9a-f]{64}");

  /**
   * @throws IllegalArgumentException it is no image reference; the message says what is wrong
   */
  public static ImageReference parse(String text) {
    int at = text.indexOf('@');
    String digest = at < 0 ? "" : text.substring(at + 1);
    String named = at < 0 ? text : text.substring(0, at);
    int colon = named.lastIndexOf(':');
    boolean tagged = colon > named.lastIndexOf('/');
    String tag = tagged ? named.substring(colon + 1) : "";
    String name = tagged ? named.substring(0, colon) : named;
    if (at >= 0 && !DIGEST.matcher(digest).matches()) {
      throw invalid(text, "its digest is malformed");
    }
    if (tagged && !TAG.matcher(tag).matches()) {
      throw invalid(text, "its tag is malformed");
    }
    if (tag.isEmpty() && digest.isEmpty()) {
      tag = DEFAULT_TAG;
    }
    return split(text, name, tag, digest);
  }

  private static ImageReference split(String text, String name, String tag, String digest) {
    int slash = name.indexOf('/');
    String first = slash < 0 ? "" : name.substring(0, slash);
    boolean hasRegistry =
        first.contains(".")
            || first.contains(":")
            || first.equals("localhost")
            || !first.equals(first.toLowerCase(java.util.Locale.ROOT));
    String registry = hasRegistry ? first : DEFAULT_REGISTRY;
    String path = hasRegistry ? name.substring(slash + 1) : name;
    if (registry.equals("index.docker.io")) {
      registry = DEFAULT_REGISTRY;
    }
    if (registry.equals(DEFAULT_REGISTRY) && !path.contains("/")) {
      if (IMAGE_ID.matcher(path).matches()) {
        throw invalid(text, "it looks like an image id");
      }
      path = "library/" + path;
    }
    check(text, registry, path);
    return new ImageReference(registry, path, tag, digest);
  }

  private static void check(String text, String registry, String path) {
    if (!path.equals(path.toLowerCase(java.util.Locale.ROOT))) {
      throw invalid(text, "the repository's name must be lower case");
    }
    if (!PATH.matcher(path).matches() || !REGISTRY.matcher(registry).matches()) {
      throw invalid(text, "its name is malformed");
    }
    if (registry.length() + 1 + path.length() > LONGEST_NAME) {
      throw invalid(text, "its name is longer than " + LONGEST_NAME + " characters");
    }
  }

  private static IllegalArgumentException invalid(String text, String why) {
    return new IllegalArgumentException("invalid reference format \"" + text + "\": " + why);
  }

  /** The reference in full; where there is a digest, the tag plays no part and is left out. */
  public String full() {
    String name = registry + "/" + path;
    return digest.isEmpty() ? name + ":" + tag : name + "@" + digest;
  }
}
