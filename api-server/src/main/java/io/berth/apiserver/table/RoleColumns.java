package io.berth.apiserver.table;

import static io.berth.apiserver.table.Cells.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** The columns of roles and their bindings. */
final class RoleColumns {
  private RoleColumns() {}

  static List<Column> roles() {
    return List.of(Column.NAME, Column.CREATED_AT);
  }

  static List<Column> bindings() {
    return List.of(
        Column.NAME,
        Column.text(
            "Role",
            "What is granted.",
            o -> text(o, "roleRef", "kind") + "/" + text(o, "roleRef", "name")),
        Column.AGE,
        Column.text("Users", "Users it is granted to.", o -> subjects(o, "User")).wide(),
        Column.text("Groups", "Groups it is granted to.", o -> subjects(o, "Group")).wide(),
        Column.text(
                "ServiceAccounts",
                "Service accounts it is granted to.",
                o -> subjects(o, "ServiceAccount"))
            .wide());
  }

  private static String subjects(JsonNode binding, String kind) {
    List<String> names = new ArrayList<>();
    for (JsonNode subject : binding.path("subjects")) {
      if (text(subject, "kind").equals(kind)) {
        String name = text(subject, "name");
        names.add(kind.equals("ServiceAccount") ? text(subject, "namespace") + "/" + name : name);
      }
    }
    return String.join(", ", names);
  }
}
