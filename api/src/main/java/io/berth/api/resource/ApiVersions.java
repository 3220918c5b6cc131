package io.berth.api.resource;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The order of versions that Kubernetes prefers them in: stable ones, then beta, then alpha, each
 * by its numbers downwards ({@code v10, v2, v1, v3beta1, v1beta2, v1alpha1}), others by name last.
 */
public final class ApiVersions {
  private static final Pattern FORM =
      Pattern.compile("v([1-9][0-9]{0,8})(?:(alpha|beta)([1-9][0-9]{0,8}))?");

  /** The preferred version comes first. */
  public static final Comparator<String> PRIORITY = ApiVersions::compare;

  private ApiVersions() {}

  private static int compare(String a, String b) {
    Matcher first = FORM.matcher(a);
    Matcher second = FORM.matcher(b);
    boolean known = first.matches();
    if (known != second.matches()) {
      return known ? -1 : 1;
    }
    if (!known) {
      return a.compareTo(b);
    }
    int byStability = Integer.compare(stability(second), stability(first));
    if (byStability != 0) {
      return byStability;
    }
    int byMajor = Integer.compare(number(second, 1), number(first, 1));
    return byMajor != 0 ? byMajor : Integer.compare(number(second, 3), number(first, 3));
  }

  private static int stability(Matcher version) {
    String stage = version.group(2);
    return stage == null ? 2 : stage.equals("beta") ? 1 : 0;
  }

  private static int number(Matcher version, int group) {
    String digits = version.group(group);
    return digits == null ? 0 : Integer.parseInt(digits);
  }
}
