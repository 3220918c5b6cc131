package io.berth.apiserver.cel;

import static io.berth.apiserver.cel.Function.global;
import static io.berth.apiserver.cel.Function.member;

import com.google.errorprone.annotations.Immutable;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code url(text)}, {@code isURL(text)} and the parts of a URL. */
final class UrlFunctions {
  private static final CelType URL = OpaqueType.create("kubernetes.URL");
  private static final CelType TEXT = SimpleType.STRING;

  private UrlFunctions() {}

  static List<Function> all() {
    return List.of(
        global("url", URL, a -> required((String) a[0]), TEXT),
        global("isURL", SimpleType.BOOL, a -> parse((String) a[0]) != null, TEXT),
        part("getScheme", URI::getScheme),
        part("getHost", UrlFunctions::host),
        part("getHostname", UrlFunctions::hostname),
        part("getPort", url -> url.getPort() < 0 ? "" : Integer.toString(url.getPort())),
        part("getEscapedPath", URI::getRawPath),
        member(
            "getQuery",
            MapType.create(TEXT, ListType.create(TEXT)),
            URI.class,
            a -> query((URI) a[0]),
            URL));
  }

  /** Reads a part off a URL, null where it has none. */
  @Immutable
  private interface Part {
    @Nullable String of(URI url);
  }

  private static Function part(String name, Part part) {
    return member(
        name,
        TEXT,
        URI.class,
        a -> {
          String text = part.of((URI) a[0]);
          return text == null ? "" : text;
        },
        URL);
  }

  private static URI required(String text) {
    URI url = parse(text);
    if (url == null) {
      throw new IllegalArgumentException("URL parse error during conversion from string: " + text);
    }
    return url;
  }

  /** Absolute, or a path from the root. */
  private static @Nullable URI parse(String text) {
    try {
      URI url = new URI(text);
      return url.isAbsolute() || text.startsWith("/") ? url : null;
    } catch (URISyntaxException e) {
      return null;
    }
  }

  private static String hostname(URI url) {
    String host = url.getHost() == null ? "" : url.getHost();
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  private static String host(URI url) {
    String host = url.getHost() == null ? "" : url.getHost();
    return url.getPort() < 0 ? host : host + ":" + url.getPort();
  }

  private static Map<String, List<String>> query(URI url) {
    Map<String, List<String>> query = new LinkedHashMap<>();
    String text = url.getRawQuery();
    if (text != null && !text.isEmpty()) {
      for (String pair : text.split("&")) {
        int equals = pair.indexOf('=');
        String key = equals < 0 ? pair : pair.substring(0, equals);
        String value = equals < 0 ? "" : pair.substring(equals + 1);
        query.computeIfAbsent(decode(key), k -> new ArrayList<>()).add(decode(value));
      }
    }
    return query;
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
