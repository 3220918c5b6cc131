package io.berth.apiserver.cel;

import io.berth.api.object.CelWords;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Field names as expressions write them: what CEL has another use for is escaped. Pure. */
public final class CelNames {
  private static final Pattern IDENTIFIER = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_./-]*");

  private CelNames() {}

  /** {@code my-field} is {@code my__dash__field}; null where the field cannot be named at all. */
  public static @Nullable String escape(String field) {
    if (CelWords.RESERVED.contains(field)) {
      return "__" + field + "__";
    }
    if (!IDENTIFIER.matcher(field).matches()) {
      return null;
    }
    return field
        .replace("__", "__underscores__")
        .replace(".", "__dot__")
        .replace("-", "__dash__")
        .replace("/", "__slash__");
  }
}
