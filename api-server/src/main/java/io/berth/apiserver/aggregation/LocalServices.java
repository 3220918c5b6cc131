package io.berth.apiserver.aggregation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.GroupVersion;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.server.GroupPriority;
import io.berth.apiserver.server.LocalCalls;
import io.berth.apiserver.server.ServedResources;
import io.berth.apiserver.server.Verb;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps an APIService for each group version that this server serves: those of its own, and those
 * that custom resources are defined in. What somebody else made under such a name stays as it is;
 * only what bears the label {@value #MANAGED} is changed and deleted. One step: {@link #step}.
 */
final class LocalServices {
  /** {@value #ON_START} or {@value #ALWAYS}. */
  static final String MANAGED = "kube-aggregator.kubernetes.io/automanaged";

  /** Of a group version that is always served: brought in line when a server starts. */
  static final String ON_START = "onstart";

  /** Of one that comes and goes with definitions. */
  static final String ALWAYS = "true";

  private static final Logger log = LoggerFactory.getLogger(LocalServices.class);
  private static final ResourceDefinition KIND = Resources.API_SERVICES;
  private static final ResourceDefinition CRDS = Resources.CUSTOM_RESOURCE_DEFINITIONS;

  /** What a definition defines versions in. */
  private record Defined(long revision, Set<GroupVersion> versions) {}

  private final WatchCache cache;
  private final LocalCalls calls;
  private final Set<GroupVersion> own;
  private final Set<String> yielding = new HashSet<>();
  private Map<String, Defined> defined = Map.of();
  private boolean started;

  LocalServices(WatchCache cache, LocalCalls calls, ServedResources served) {
    this.cache = cache;
    this.calls = calls;
    this.own = new HashSet<>(served.lasting());
    own.addAll(served.yielding());
    served.yielding().forEach(version -> yielding.add(version.apiServiceName()));
    own.remove(new GroupVersion(KIND.group(), KIND.version())); // as in Kubernetes, it has none
  }

  /** Creates, changes and deletes what differs from what is served. */
  void step() {
    Map<String, ObjectNode> wanted = new HashMap<>();
    custom().forEach(version -> wanted.put(version.apiServiceName(), object(version, ALWAYS)));
    own.forEach(version -> wanted.put(version.apiServiceName(), object(version, ON_START)));
    for (ApiObject object : cache.list(KIND.groupResource(), null).objects()) {
      ObjectNode mine = wanted.remove(object.key().name());
      String managed = object.header().labels().getOrDefault(MANAGED, "");
      if (managed.equals(ALWAYS) || (managed.equals(ON_START) && !started)) {
        align(object, mine);
      }
    }
    wanted.values().forEach(this::create);
    started = true;
  }

  private Set<GroupVersion> custom() {
    Map<String, Defined> now = new HashMap<>();
    Set<GroupVersion> versions = new HashSet<>();
    for (ApiObject object : cache.list(CRDS.groupResource(), null).objects()) {
      Defined before = defined.get(object.key().name());
      Defined one =
          before != null && before.revision() == object.header().revision()
              ? before
              : new Defined(object.header().revision(), versions(object.tree()));
      now.put(object.key().name(), one);
      versions.addAll(one.versions());
    }
    defined = now;
    return versions;
  }

  private static Set<GroupVersion> versions(JsonNode crd) {
    Set<GroupVersion> versions = new HashSet<>();
    String group = crd.path("spec").path("group").asText();
    for (JsonNode version : crd.path("spec").path("versions")) {
      if (version.path("served").asBoolean()) {
        versions.add(new GroupVersion(group, version.path("name").asText()));
      }
    }
    return versions;
  }

  private static ObjectNode object(GroupVersion version, String managed) {
    GroupPriority priority = GroupPriority.of(version);
    ObjectNode object = Json.object().put("kind", KIND.kind()).put("apiVersion", KIND.apiVersion());
    object
        .putObject("metadata")
        .put("name", version.apiServiceName())
        .putObject("labels")
        .put(MANAGED, managed);
    ObjectNode spec = object.putObject("spec");
    if (!version.group().isEmpty()) {
      spec.put("group", version.group());
    }
    spec.put("version", version.version())
        .put("groupPriorityMinimum", priority.group())
        .put("versionPriority", priority.version());
    return object;
  }

  /**
   * @param wanted what it is to be, or null where it is not to be
   */
  private void align(ApiObject present, @Nullable ObjectNode wanted) {
    String name = present.key().name();
    if (wanted == null) {
      ask(ApiRequest.delete(KIND.path(null, name)), Verb.DELETE, name);
      return;
    }
    ObjectNode object = (ObjectNode) present.tree();
    if (yielding.contains(name) && object.path("spec").path("service").isObject()) {
      return; // somebody has another server serve it
    }
    if (!object.path("spec").equals(wanted.path("spec"))) {
      object.set("spec", wanted.get("spec"));
      Meta.of(object).put("resourceVersion", Long.toString(present.header().revision()));
      ask(ApiRequest.put(KIND.path(null, name), Json.bytes(object)), Verb.UPDATE, name);
    }
  }

  private void create(ObjectNode wanted) {
    ask(ApiRequest.post(KIND.path(null), Json.bytes(wanted)), Verb.CREATE, "");
  }

  /** Where another server was faster, the change that follows leads to another step. */
  private void ask(ApiRequest request, Verb verb, String name) {
    try {
      calls.ask(request.withHeader("user-agent", "kube-apiserver"), verb, KIND, "", name, "");
      log.debug("changed verb={} path={}", verb, request.path());
    } catch (ApiException e) {
      if (!e.isConflict() && !e.isAlreadyExists() && !e.isNotFound()) {
        throw e;
      }
    }
  }
}
