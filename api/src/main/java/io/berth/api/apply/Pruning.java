package io.berth.api.apply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.apply.ManagedFields.Entry;
import io.berth.api.schema.Schema.ObjectType;

/**
 * Removes what an owner applied last time and does not name any more, where nobody else owns it.
 *
 * @param owners of the object, the applying one's as they were last time
 */
record Pruning(ObjectType type, ManagedFields owners, Owner self) {

  /**
   * @param merged the configuration laid over the object
   * @param last what the owner applied last time
   * @param mine what it applies now
   */
  ObjectNode prune(ObjectNode merged, FieldSet last, FieldSet mine) {
    if (last.difference(mine).isEmpty()) {
      return merged;
    }
    FieldSet lastNamed = named(last);
    FieldSet all = named(Extraction.of(type, merged));
    ObjectNode without = Removal.of(type, merged, lastNamed);
    FieldSet kept = present(without).union(named(owned(mine)));
    ObjectNode owned = Removal.of(type, merged, all.difference(kept));
    FieldSet gone = all.difference(present(owned)).intersection(lastNamed);
    return Removal.of(type, merged, gone);
  }

  private FieldSet owned(FieldSet mine) {
    FieldSet owned = mine;
    for (Entry entry : owners.entries()) {
      if (!entry.owner().equals(self)) {
        owned = owned.union(entry.set());
      }
    }
    return owned;
  }

  private FieldSet present(ObjectNode object) {
    return named(Extraction.of(type, object));
  }

  private FieldSet named(FieldSet set) {
    return NamedFields.asMembers(type, set);
  }
}
