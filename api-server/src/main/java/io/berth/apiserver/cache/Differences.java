package io.berth.apiserver.cache;

import io.berth.api.object.ApiObject;
import io.berth.apiserver.store.StoreKeys;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What changed between two states of a resource whose history in between is lost. */
final class Differences {
  private Differences() {}

  /**
   * The changes that lead from one to the other, in the order of revisions; deletions, whose
   * revision nobody knows any more, come last and bear the newer state's.
   */
  static List<Change> between(ObjectMap old, ObjectMap now, long revision) {
    List<Change> written = new ArrayList<>();
    List<Change> deleted = new ArrayList<>();
    List<ApiObject> before = old.list();
    List<ApiObject> after = now.list();
    int i = 0;
    int j = 0;
    while (i < before.size() || j < after.size()) {
      int c = order(before, i, after, j);
      if (c < 0) {
        deleted.add(new Change(revision, null, before.get(i++)));
      } else if (c > 0) {
        ApiObject created = after.get(j++);
        written.add(new Change(created.header().revision(), created, null));
      } else {
        ApiObject was = before.get(i++);
        ApiObject is = after.get(j++);
        if (is.header().revision() != was.header().revision()) {
          written.add(new Change(is.header().revision(), is, was));
        }
      }
    }
    written.sort(Comparator.comparingLong(Change::revision));
    written.addAll(deleted);
    return written;
  }

  private static int order(List<ApiObject> before, int i, List<ApiObject> after, int j) {
    if (i == before.size()) {
      return 1;
    }
    return j == after.size()
        ? -1
        : StoreKeys.ORDER.compare(before.get(i).key(), after.get(j).key());
  }
}
