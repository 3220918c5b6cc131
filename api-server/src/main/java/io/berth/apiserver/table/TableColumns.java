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
            Column.number(
                "Data",
                "How many entries it holds.",
                o -> o.path("data").size() + o.path("binaryData").size()),
            Column.AGE));
    put(
        Resources.SECRETS,
        List.of(
            Column.NAME,
            Column.text("Type", "What it is for.", o -> text(o, "type")),
            Column.number("Data", "How many entries it holds.", o -> o.path("data").size()),
            Column.AGE));
    put(
        Resources.SERVICE_ACCOUNTS,
        List.of(
            Column.NAME,
            Column.number("Secrets", "How many it may use.", o -> o.path("secrets").size()),
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

  private TableColumns() {}

  /** The columns of a built-in kind, which read objects as they are stored. */
  public static List<Column> of(ResourceDefinition resource) {
    return OF_KIND.getOrDefault(resource.storedResource(), NAME_AND_AGE);
  }

  private static void put(ResourceDefinition resource, List<Column> columns) {
    OF_KIND.put(resource.groupResource(), columns);
  }
}
