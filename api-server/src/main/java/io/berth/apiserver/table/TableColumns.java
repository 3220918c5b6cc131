package io.berth.apiserver.table;

import static io.berth.apiserver.table.Cells.text;

import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The columns of every kind; name and age for one that has none of its own. */
public final class TableColumns {
  private static final List<Column> NAME_AND_AGE = List.of(Column.NAME, Column.AGE);

  private static final String STORAGE = "storage.k8s.io";
  private static final String NETWORKING = "networking.k8s.io";
  private static final String ADMISSION = "admissionregistration.k8s.io";

  private static final Map<GroupResource, List<Column>> OF_KIND = new HashMap<>();

  static {
    put(Resources.PODS, PodColumns.all());
    put(Resources.NODES, NodeColumns.all());
    put(Resources.DEPLOYMENTS, WorkloadColumns.deployments());
    put(Resources.REPLICA_SETS, WorkloadColumns.replicaSets());
    put(Resources.SERVICES, ServiceColumns.services());
    put(Resources.ENDPOINTS, ServiceColumns.endpoints());
    put(Resources.ENDPOINT_SLICES, ServiceColumns.endpointSlices());
    put(Resources.EVENTS, EventColumns.all());
    put(Resources.ROLES, RoleColumns.roles());
    put(Resources.CLUSTER_ROLES, RoleColumns.roles());
    put(Resources.ROLE_BINDINGS, RoleColumns.bindings());
    put(Resources.CLUSTER_ROLE_BINDINGS, RoleColumns.bindings());
    put(
        Resources.NAMESPACES,
        List.of(
            Column.NAME,
            Column.text("Status", "Active or Terminating.", o -> text(o, "status", "phase")),
            Column.AGE));
    put(
        Resources.CONFIG_MAPS,
        List.of(
            Column.NAME,
            Column.count(
                "Data",
                "How many entries it holds.",
                o -> o.path("data").size() + o.path("binaryData").size()),
            Column.AGE));
    put(
        Resources.SECRETS,
        List.of(
            Column.NAME,
            Column.text("Type", "What it is for.", o -> text(o, "type")),
            Column.count("Data", "How many entries it holds.", o -> o.path("data").size()),
            Column.AGE));
    put(
        Resources.SERVICE_ACCOUNTS,
        List.of(
            Column.NAME,
            Column.count("Secrets", "How many it may use.", o -> o.path("secrets").size()),
            Column.AGE));
    put(
        Resources.LEASES,
        List.of(
            Column.NAME,
            Column.text("Holder", "Who holds it.", o -> text(o, "spec", "holderIdentity")),
            Column.AGE));
    put(
        Resources.RUNTIME_CLASSES,
        List.of(
            Column.NAME,
            Column.text("Handler", "Which runtime it stands for.", o -> text(o, "handler")),
            Column.AGE));
  }

  static {
    put("", "replicationcontrollers", WorkloadColumns.replicationControllers());
    put("", "podtemplates", WorkloadColumns.podTemplates());
    put("apps", "statefulsets", WorkloadColumns.statefulSets());
    put("apps", "daemonsets", WorkloadColumns.daemonSets());
    put("apps", "controllerrevisions", WorkloadColumns.revisions());
    put("batch", "jobs", BatchColumns.jobs());
    put("batch", "cronjobs", BatchColumns.cronJobs());
    put("autoscaling", "horizontalpodautoscalers", AutoscalerColumns.all());
    put("", "componentstatuses", PolicyColumns.componentStatuses());
    put("metrics.k8s.io", "nodes", MetricColumns.all());
    put("metrics.k8s.io", "pods", MetricColumns.all());
    put("", "limitranges", PolicyColumns.limitRanges());
    put("", "resourcequotas", PolicyColumns.quotas());
    put("policy", "poddisruptionbudgets", PolicyColumns.disruptionBudgets());
    put("scheduling.k8s.io", "priorityclasses", PolicyColumns.priorityClasses());
    put(Resources.API_SERVICES, ApiServiceColumns.all());
    put("certificates.k8s.io", "certificatesigningrequests", PolicyColumns.certificateRequests());
    put("flowcontrol.apiserver.k8s.io", "flowschemas", PolicyColumns.flowSchemas());
    put(
        "flowcontrol.apiserver.k8s.io",
        "prioritylevelconfigurations",
        PolicyColumns.priorityLevels());
    put("resource.k8s.io", "resourceclaims", PolicyColumns.resourceClaims());
    put("resource.k8s.io", "resourceslices", PolicyColumns.resourceSlices());
    put("", "persistentvolumes", StorageColumns.volumes());
    put("", "persistentvolumeclaims", StorageColumns.claims());
    put(STORAGE, "storageclasses", StorageColumns.storageClasses());
    put(STORAGE, "volumeattributesclasses", StorageColumns.attributesClasses());
    put(STORAGE, "csidrivers", StorageColumns.drivers());
    put(STORAGE, "csinodes", StorageColumns.nodes());
    put(STORAGE, "csistoragecapacities", StorageColumns.capacities());
    put(STORAGE, "volumeattachments", StorageColumns.attachments());
    put(NETWORKING, "ingresses", NetworkColumns.ingresses());
    put(NETWORKING, "ingressclasses", NetworkColumns.ingressClasses());
    put(NETWORKING, "networkpolicies", NetworkColumns.policies());
    put(NETWORKING, "ipaddresses", NetworkColumns.addresses());
    put(NETWORKING, "servicecidrs", NetworkColumns.cidrs());
    put(ADMISSION, "mutatingwebhookconfigurations", PolicyColumns.webhooks());
    put(ADMISSION, "validatingwebhookconfigurations", PolicyColumns.webhooks());
    put(
        ADMISSION,
        "validatingadmissionpolicies",
        PolicyColumns.admissionPolicies("Validations", "validations"));
    put(
        ADMISSION,
        "mutatingadmissionpolicies",
        PolicyColumns.admissionPolicies("Mutations", "mutations"));
    put(ADMISSION, "validatingadmissionpolicybindings", PolicyColumns.admissionBindings());
    put(ADMISSION, "mutatingadmissionpolicybindings", PolicyColumns.admissionBindings());
  }

  private TableColumns() {}

  /** The columns of a built-in kind, which read objects as they are stored. */
  public static List<Column> of(ResourceDefinition resource) {
    return OF_KIND.getOrDefault(resource.storedResource(), NAME_AND_AGE);
  }

  private static void put(ResourceDefinition resource, List<Column> columns) {
    OF_KIND.put(resource.groupResource(), columns);
  }

  private static void put(String group, String plural, List<Column> columns) {
    OF_KIND.put(new GroupResource(group, plural), columns);
  }
}
