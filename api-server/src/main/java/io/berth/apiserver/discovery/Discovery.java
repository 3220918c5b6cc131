package io.berth.apiserver.discovery;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.GroupVersion;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.api.transport.Errors;
import io.berth.apiserver.server.Delegated;
import io.berth.apiserver.server.PathHandler;
import io.berth.apiserver.server.Responses;
import io.berth.apiserver.server.ServedResources;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api}, {@code /apis} and what is below them, written from the resource definitions when
 * they are first asked for after those changed. Clients that ask for the aggregated form ({@code
 * apidiscovery.k8s.io}) get it from the two roots, with an entity tag, so that they need two
 * requests and on the next start none.
 */
public final class Discovery implements PathHandler {
  /** An aggregated document. */
  private record Aggregated(String contentType, byte[] body, String tag) {
    static Aggregated of(
        String version,
        Map<String, SequencedMap<String, List<ResourceDefinition>>> groups,
        Map<GroupVersion, Delegated> delegated) {
      byte[] body =
          Json.bytes(Documents.aggregated("apidiscovery.k8s.io/" + version, groups, delegated));
      return new Aggregated(formType(version), body, EntityTag.of(body));
    }
  }

  private static final List<String> AGGREGATED_VERSIONS = List.of("v2", "v2beta1");

  private final ServedResources served;
  private volatile Written written;

  public Discovery(ServedResources served) {
    this.served = served;
    this.written = new Written(served.snapshot());
  }

  @SuppressWarnings("ReferenceEquality") // every change makes another snapshot
  private Written written() {
    ServedResources.Snapshot now = served.snapshot();
    Written known = written;
    if (known.of != now) {
      known = new Written(now);
      written = known;
    }
    return known;
  }

  @Override
  public @Nullable ApiResponse handle(ApiRequest request) {
    String path = request.path();
    if (path.length() > 1 && path.endsWith("/")) {
      path = path.substring(0, path.length() - 1);
    }
    Written documents = written();
    byte[] document = documents.plain.get(path.isEmpty() ? "/" : path);
    if (document == null) {
      return null;
    }
    String accept = request.header("accept");
    if (accept == null) {
      return Responses.json(200, document);
    }
    return negotiate(request, accept, document, documents.aggregated.getOrDefault(path, List.of()));
  }

  /** The first type of the client's list that there is; quality values are not used by clients. */
  private static ApiResponse negotiate(
      ApiRequest request, String accept, byte[] document, List<Aggregated> forms) {
    for (String type : accept.split(",")) {
      String wanted = type.strip().replace(" ", "");
      Set<String> parts = new HashSet<>(List.of(wanted.split(";")));
      for (Aggregated form : forms) {
        if (parts.containsAll(List.of(form.contentType().split(";")))) {
          return EntityTag.answer(request, form.contentType(), form.tag(), form.body());
        }
      }
      String plainType = wanted.contains(";") ? wanted.substring(0, wanted.indexOf(';')) : wanted;
      boolean json = plainType.equals("application/json") && !wanted.contains("as=");
      if (json || plainType.equals("*/*") || plainType.equals("application/*")) {
        return Responses.json(200, document);
      }
    }
    throw Errors.notAcceptable(List.of("application/json"));
  }

  private static String formType(String version) {
    return "application/json;g=apidiscovery.k8s.io;v=" + version + ";as=APIGroupDiscoveryList";
  }

  /** The documents of one state of what is served. */
  private static final class Written {
    private final ServedResources.Snapshot of;
    private final Map<String, byte[]> plain = new HashMap<>();
    private final Map<String, List<Aggregated>> aggregated = new HashMap<>();

    Written(ServedResources.Snapshot of) {
      this.of = of;
      var groups = Documents.byGroup(of);
      var core = new LinkedHashMap<>(groups);
      core.keySet().removeIf(group -> !group.isEmpty());
      groups.remove("");
      root("/api", Documents.apiVersions(versions(core)), core);
      root("/apis", Documents.groupList(groups), groups);
      core.forEach((group, versions) -> lists("/api/", versions));
      groups.forEach(
          (group, versions) -> {
            ObjectNode document = Json.object().put("kind", "APIGroup").put("apiVersion", "v1");
            document.setAll(Documents.group(group, versions.keySet()));
            plain.put("/apis/" + group, Json.bytes(document));
            lists("/apis/" + group + "/", versions);
          });
      TreeSet<String> paths = new TreeSet<>(plain.keySet());
      paths.addAll(
          List.of(
              "/healthz",
              "/livez",
              "/metrics",
              "/openapi/v2",
              "/openapi/v3",
              "/readyz",
              "/version"));
      ObjectNode index = Json.object();
      paths.forEach(index.putArray("paths")::add);
      plain.put("/", Json.bytes(index));
    }

    private static List<String> versions(
        Map<String, SequencedMap<String, List<ResourceDefinition>>> groups) {
      return groups.values().stream().flatMap(versions -> versions.keySet().stream()).toList();
    }

    private void root(
        String path,
        ObjectNode document,
        Map<String, SequencedMap<String, List<ResourceDefinition>>> groups) {
      plain.put(path, Json.bytes(document));
      aggregated.put(
          path,
          AGGREGATED_VERSIONS.stream().map(v -> Aggregated.of(v, groups, of.delegated())).toList());
    }

    private void lists(String prefix, Map<String, List<ResourceDefinition>> versions) {
      versions.forEach(
          (version, resources) -> {
            if (!resources.isEmpty()) { // else it is the other server's to write
              plain.put(prefix + version, Json.bytes(Documents.resourceList(resources)));
            }
          });
    }
  }
}
