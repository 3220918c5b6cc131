package io.berth.api.apply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.apply.ManagedFields.Entry;
import io.berth.api.schema.Schema.ObjectType;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Removes what an owner applied last time and does not name any more, where nobody else owns it.
 * Each owner's fields are looked for in the version that they are owned in.
 *
 * @param type of the request's version
 * @param requested the request's version
 * @param others the others that fields are owned in
 * @param owners of the object, the applying one's as they were last time
 */
record Pruning(
    ObjectType type, String requested, OtherVersions others, ManagedFields owners, Owner self) {

  /** An object in one version. */
  private record Seen(ObjectType type, ObjectNode object) {
    FieldSet named() {
      return named(Extraction.of(type, object));
    }

    FieldSet named(FieldSet set) {
      return NamedFields.asMembers(type, set);
    }

    Seen without(FieldSet gone) {
      return new Seen(type, Removal.of(type, object, gone));
    }
  }

  /**
   * @param merged the configuration laid over the object
   * @param last what the owner applied last time, in its version; null where it did not
   * @param mine what it names now, with what nobody owns, such as the name
   */
  ObjectNode prune(ObjectNode merged, @Nullable Entry last, FieldSet mine) {
    if (last == null
        || (last.apiVersion().equals(requested) && last.set().difference(mine).isEmpty())) {
      return merged;
    }
    Seen whole = in(last.apiVersion(), merged);
    FieldSet lastNamed = whole.named(last.set());
    ObjectNode kept = whole.without(lastNamed).object();
    for (var owned : owned(last.apiVersion(), mine).entrySet()) {
      Seen all = in(owned.getKey(), merged);
      FieldSet held = in(owned.getKey(), kept).named().union(all.named(owned.getValue()));
      kept = all.without(all.named().difference(held)).object();
    }
    FieldSet gone =
        whole.named().difference(in(last.apiVersion(), kept).named()).intersection(lastNamed);
    return in(requested, whole.without(gone).object()).object();
  }

  private Seen in(String apiVersion, ObjectNode object) {
    boolean there = object.path("apiVersion").asText().equals(apiVersion);
    if (apiVersion.equals(requested) && there) {
      return new Seen(type, object);
    }
    OtherVersions.Version version = others.find(apiVersion).orElseThrow();
    return new Seen(version.type(), there ? object : version.of(object));
  }

  /** What is owned after this apply, by version: first that of the last time. */
  private Map<String, FieldSet> owned(String first, FieldSet mine) {
    Map<String, FieldSet> owned = new LinkedHashMap<>();
    owned.put(first, FieldSet.EMPTY);
    owned.merge(requested, mine, FieldSet::union);
    for (Entry entry : owners.entries()) {
      if (!entry.owner().equals(self)) {
        owned.merge(entry.apiVersion(), entry.set(), FieldSet::union);
      }
    }
    return owned;
  }
}
