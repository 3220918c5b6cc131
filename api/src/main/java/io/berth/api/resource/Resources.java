package io.berth.api.resource;

import io.berth.api.schema.TypeRef;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The built-in resources, read from {@code resources.tsv} beside this class: to add a kind, add its
 * row. A row whose last column names the {@code apiVersion} that its objects are stored as is
 * another version of that resource. The constants are those that Berth's own parts name.
 */
public final class Resources {
  private static final int STORED_AS = 12;
  private static final Map<GroupResource, ResourceDefinition> BUILT_IN = new LinkedHashMap<>();
  private static final Map<GroupResource, ResourceDefinition> UNKNOWN = new ConcurrentHashMap<>();
  private static final List<ResourceDefinition> SERVED = load();

  public static final ResourceDefinition API_SERVICES = of("apiregistration.k8s.io", "apiservices");
  public static final ResourceDefinition CERTIFICATE_SIGNING_REQUESTS =
      of("certificates.k8s.io", "certificatesigningrequests");
  public static final ResourceDefinition CLUSTER_ROLES =
      of("rbac.authorization.k8s.io", "clusterroles");
  public static final ResourceDefinition CLUSTER_ROLE_BINDINGS =
      of("rbac.authorization.k8s.io", "clusterrolebindings");
  public static final ResourceDefinition COMPONENT_STATUSES = of("", "componentstatuses");
  public static final ResourceDefinition CONFIG_MAPS = of("", "configmaps");
  public static final ResourceDefinition CONTROLLER_REVISIONS = of("apps", "controllerrevisions");
  public static final ResourceDefinition CRON_JOBS = of("batch", "cronjobs");
  public static final ResourceDefinition CSI_DRIVERS = of("storage.k8s.io", "csidrivers");
  public static final ResourceDefinition CSI_NODES = of("storage.k8s.io", "csinodes");
  public static final ResourceDefinition CSI_STORAGE_CAPACITIES =
      of("storage.k8s.io", "csistoragecapacities");
  public static final ResourceDefinition DAEMON_SETS = of("apps", "daemonsets");
  public static final ResourceDefinition CUSTOM_RESOURCE_DEFINITIONS =
      of("apiextensions.k8s.io", "customresourcedefinitions");
  public static final ResourceDefinition DEPLOYMENTS = of("apps", "deployments");
  public static final ResourceDefinition DEVICE_CLASSES = of("resource.k8s.io", "deviceclasses");
  public static final ResourceDefinition ENDPOINTS = of("", "endpoints");
  public static final ResourceDefinition ENDPOINT_SLICES = of("discovery.k8s.io", "endpointslices");
  public static final ResourceDefinition EVENTS = of("", "events");
  public static final ResourceDefinition FLOW_SCHEMAS =
      of("flowcontrol.apiserver.k8s.io", "flowschemas");
  public static final ResourceDefinition HORIZONTAL_POD_AUTOSCALERS =
      of("autoscaling", "horizontalpodautoscalers");
  public static final ResourceDefinition INGRESSES = of("networking.k8s.io", "ingresses");
  public static final ResourceDefinition INGRESS_CLASSES =
      of("networking.k8s.io", "ingressclasses");
  public static final ResourceDefinition JOBS = of("batch", "jobs");
  public static final ResourceDefinition LEASES = of("coordination.k8s.io", "leases");
  public static final ResourceDefinition LIMIT_RANGES = of("", "limitranges");
  public static final ResourceDefinition NAMESPACES = of("", "namespaces");
  public static final ResourceDefinition NETWORK_POLICIES =
      of("networking.k8s.io", "networkpolicies");
  public static final ResourceDefinition NODES = of("", "nodes");
  public static final ResourceDefinition PERSISTENT_VOLUMES = of("", "persistentvolumes");
  public static final ResourceDefinition PERSISTENT_VOLUME_CLAIMS =
      of("", "persistentvolumeclaims");
  public static final ResourceDefinition PODS = of("", "pods");
  public static final ResourceDefinition POD_DISRUPTION_BUDGETS =
      of("policy", "poddisruptionbudgets");
  public static final ResourceDefinition POD_GROUPS = of("scheduling.k8s.io", "podgroups");
  public static final ResourceDefinition PRIORITY_CLASSES =
      of("scheduling.k8s.io", "priorityclasses");
  public static final ResourceDefinition PRIORITY_LEVELS =
      of("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations");
  public static final ResourceDefinition REPLICATION_CONTROLLERS = of("", "replicationcontrollers");
  public static final ResourceDefinition REPLICA_SETS = of("apps", "replicasets");
  public static final ResourceDefinition RESOURCE_CLAIMS = of("resource.k8s.io", "resourceclaims");
  public static final ResourceDefinition RESOURCE_QUOTAS = of("", "resourcequotas");
  public static final ResourceDefinition RESOURCE_SLICES = of("resource.k8s.io", "resourceslices");
  public static final ResourceDefinition ROLES = of("rbac.authorization.k8s.io", "roles");
  public static final ResourceDefinition ROLE_BINDINGS =
      of("rbac.authorization.k8s.io", "rolebindings");
  public static final ResourceDefinition RUNTIME_CLASSES = of("node.k8s.io", "runtimeclasses");
  public static final ResourceDefinition SECRETS = of("", "secrets");
  public static final ResourceDefinition SERVICES = of("", "services");
  public static final ResourceDefinition SERVICE_ACCOUNTS = of("", "serviceaccounts");
  public static final ResourceDefinition SERVICE_CIDRS = of("networking.k8s.io", "servicecidrs");
  public static final ResourceDefinition STATEFUL_SETS = of("apps", "statefulsets");
  public static final ResourceDefinition STORAGE_CLASSES = of("storage.k8s.io", "storageclasses");
  public static final ResourceDefinition VOLUME_ATTACHMENTS =
      of("storage.k8s.io", "volumeattachments");
  public static final ResourceDefinition LOCAL_SUBJECT_ACCESS_REVIEWS =
      of("authorization.k8s.io", "localsubjectaccessreviews");
  public static final ResourceDefinition SELF_SUBJECT_ACCESS_REVIEWS =
      of("authorization.k8s.io", "selfsubjectaccessreviews");
  public static final ResourceDefinition SELF_SUBJECT_REVIEWS =
      of("authentication.k8s.io", "selfsubjectreviews");
  public static final ResourceDefinition SELF_SUBJECT_RULES_REVIEWS =
      of("authorization.k8s.io", "selfsubjectrulesreviews");
  public static final ResourceDefinition SUBJECT_ACCESS_REVIEWS =
      of("authorization.k8s.io", "subjectaccessreviews");
  public static final ResourceDefinition TOKEN_REVIEWS =
      of("authentication.k8s.io", "tokenreviews");

  /** What {@code serviceaccounts/NAME/token} takes and answers with; served nowhere by itself. */
  public static final ResourceDefinition TOKEN_REQUESTS =
      new ResourceDefinition(
          "authentication.k8s.io",
          "v1",
          "tokenrequests",
          "tokenrequest",
          "TokenRequest",
          Scope.NAMESPACED,
          List.of(),
          List.of(),
          new TreeSet<>(),
          new TreeMap<>(),
          List.of(),
          new TypeRef.Named("io.k8s.api.authentication.v1.TokenRequest"),
          null);

  private Resources() {}

  /** All built-in resources, each once, as its objects are stored; in the order of their table. */
  public static List<ResourceDefinition> all() {
    return List.copyOf(BUILT_IN.values());
  }

  /** All built-in resources in every version that is served, in the order of their table. */
  public static List<ResourceDefinition> served() {
    return SERVED;
  }

  public static Optional<ResourceDefinition> find(GroupResource resource) {
    return Optional.ofNullable(BUILT_IN.get(resource));
  }

  /**
   * By what objects of a resource are read from the store: a built-in resource's definition, or for
   * another one that says no more than its name.
   */
  public static ResourceDefinition stored(GroupResource resource) {
    ResourceDefinition builtIn = BUILT_IN.get(resource);
    return builtIn != null ? builtIn : UNKNOWN.computeIfAbsent(resource, Resources::unknown);
  }

  private static ResourceDefinition unknown(GroupResource resource) {
    return new ResourceDefinition(
        resource.group(),
        "",
        resource.resource(),
        "",
        "",
        Scope.NAMESPACED,
        List.of(),
        List.of(),
        new TreeSet<>(),
        new TreeMap<>(),
        List.of(),
        null,
        null);
  }

  /** The resource of an {@code apiVersion} and {@code kind}. */
  public static Optional<ResourceDefinition> find(String apiVersion, String kind) {
    return SERVED.stream()
        .filter(r -> r.kind().equals(kind) && r.apiVersion().equals(apiVersion))
        .findFirst();
  }

  private static ResourceDefinition of(String group, String plural) {
    ResourceDefinition definition = BUILT_IN.get(new GroupResource(group, plural));
    if (definition == null) {
      throw new IllegalStateException("resources.tsv has no row for " + group + "/" + plural);
    }
    return definition;
  }

  private static List<ResourceDefinition> load() {
    List<String[]> rows =
        lines("resources.tsv").stream().map(line -> line.split("\t", -1)).toList();
    for (String[] row : rows) {
      if (storedAs(row).isEmpty()) {
        ResourceDefinition definition = row(row, null);
        BUILT_IN.put(definition.groupResource(), definition);
      }
    }
    List<ResourceDefinition> served = new ArrayList<>();
    for (String[] row : rows) {
      String storedAs = storedAs(row);
      served.add(storedAs.isEmpty() ? of(row[0], row[2]) : row(row, storage(storedAs, row[2])));
    }
    return List.copyOf(served);
  }

  private static String storedAs(String[] columns) {
    return columns.length > STORED_AS ? columns[STORED_AS] : "";
  }

  private static ResourceDefinition storage(String apiVersion, String plural) {
    ResourceDefinition stored =
        of(
            apiVersion.contains("/") ? apiVersion.substring(0, apiVersion.indexOf('/')) : "",
            plural);
    if (!stored.apiVersion().equals(apiVersion)) {
      throw new IllegalStateException("resources.tsv has no row for " + apiVersion + "/" + plural);
    }
    return stored;
  }

  private static ResourceDefinition row(String[] c, @Nullable ResourceDefinition storedAs) {
    return new ResourceDefinition(
        c[0],
        c[1],
        c[2],
        c[3],
        c[4],
        Scope.valueOf(c[5].toUpperCase(Locale.ROOT)),
        list(c[6]),
        list(c[7]),
        new TreeSet<>(list(c[8])),
        subresources(c[9]),
        list(c[10]),
        c[11].isEmpty() ? null : new TypeRef.Named(c[11]),
        storedAs);
  }

  /** Reads {@code log(get);status(get,patch,update)}. */
  private static SortedMap<String, SortedSet<String>> subresources(String text) {
    SortedMap<String, SortedSet<String>> subresources = new TreeMap<>();
    for (String item : text.isEmpty() ? new String[0] : text.split(";")) {
      int open = item.indexOf('(');
      String verbs = item.substring(open + 1, item.length() - 1);
      subresources.put(item.substring(0, open), new TreeSet<>(list(verbs)));
    }
    return subresources;
  }

  private static List<String> list(String text) {
    return text.isEmpty() ? List.of() : Arrays.asList(text.split(","));
  }

  private static List<String> lines(String table) {
    List<String> lines = new ArrayList<>();
    try (InputStream in = Resources.class.getResourceAsStream(table)) {
      if (in == null) {
        throw new IllegalStateException(table + " is missing from the class path");
      }
      BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      reader.readLine(); // the head
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(line);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return lines;
  }
}
