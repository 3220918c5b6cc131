package io.berth.apiserver.authn;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.Resources;
import io.berth.api.time.Clock;
import io.berth.apiserver.server.Identity;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that nodes join a cluster with: {@code ID.SECRET}, each kept as the secret {@code
 * bootstrap-token-ID} in {@code kube-system}. Safe for use by many threads.
 */
final class BootstrapTokens implements TokenAuthenticator {
  private static final String TYPE = "bootstrap.kubernetes.io/token";
  private static final String PREFIX = "system:bootstrap:";
  private static final String GROUP = "system:bootstrappers";
  private static final Pattern TOKEN = Pattern.compile("([a-z0-9]{6})\\.([a-z0-9]{16})");
  private static final Pattern EXTRA_GROUP =
      Pattern.compile("system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]");

  private final Function<ObjectKey, Optional<ApiObject>> objects;
  private final Clock clock;

  /**
   * @param objects finds an object in memory
   */
  BootstrapTokens(Function<ObjectKey, Optional<ApiObject>> objects, Clock clock) {
    this.objects = objects;
    this.clock = clock;
  }

  static boolean looksLike(String token) {
    return token.length() == 23 && TOKEN.matcher(token).matches();
  }

  @Override
  public @Nullable Verified verify(String token, List<String> audiences) {
    String id = token.substring(0, 6);
    JsonNode secret =
        objects
            .apply(
                ObjectKey.of(
                    Resources.SECRETS.groupResource(), "kube-system", "bootstrap-token-" + id))
            .map(ApiObject::tree)
            .orElse(null);
    if (secret == null
        || !secret.path("type").asText().equals(TYPE)
        || secret.path("metadata").hasNonNull("deletionTimestamp")
        || !text(secret, "token-id").equals(id)
        || !same(text(secret, "token-secret"), token.substring(7))
        || !text(secret, "usage-bootstrap-authentication").equals("true")
        || expired(text(secret, "expiration"))) {
      return null;
    }
    List<String> groups = groups(text(secret, "auth-extra-groups"));
    return groups.isEmpty()
        ? null
        : new Verified(
            new Identity(PREFIX + id, "", groups, Map.of()), ServiceAccountTokens.API_AUDIENCES);
  }

  private static boolean same(String held, String given) {
    return MessageDigest.isEqual(
        held.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
  }

  /** A time that cannot be read counts as past. */
  private boolean expired(String expiration) {
    if (expiration.isEmpty()) {
      return false;
    }
    try {
      Instant end = OffsetDateTime.parse(expiration).toInstant();
      return !clock.now().isBefore(end);
    } catch (DateTimeParseException e) {
      return true;
    }
  }

  /** Empty where one of the groups is none that such a token may give. */
  private static List<String> groups(String extra) {
    TreeSet<String> groups = new TreeSet<>();
    groups.add(GROUP);
    for (String group : extra.isEmpty() ? new String[0] : extra.split(",")) {
      if (!EXTRA_GROUP.matcher(group).matches()) {
        return List.of();
      }
      groups.add(group);
    }
    List<String> all = new ArrayList<>(groups);
    all.add(Identity.AUTHENTICATED);
    return all;
  }

  private static String text(JsonNode secret, String key) {
    try {
      byte[] bytes = Base64.getDecoder().decode(secret.path("data").path(key).asText(""));
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }
}
