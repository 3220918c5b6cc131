package io.berth.api.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Times;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The owners of an object's fields, as {@code metadata.managedFields} has them. What is not touched
 * is neither decoded nor written anew. Not for use by several threads.
 */
final class ManagedFields {
  /** More entries of updates than these are merged, the oldest first. */
  static final int MAX_UPDATES = 10;

  private static final String OLD_UPDATES = "ancient-changes";

  /** By operation, time, manager, version and subresource: the order that clients see. */
  private static final Comparator<Entry> ORDER =
      Comparator.<Entry, Boolean>comparing(entry -> !entry.owner.applied())
          .thenComparingLong(Entry::seconds)
          .thenComparing(entry -> entry.owner.manager())
          .thenComparing(entry -> entry.apiVersion)
          .thenComparing(entry -> entry.owner.subresource());

  /** What one owner owns: written, or as a set, or both. */
  static final class Entry {
    private final Owner owner;
    private final String apiVersion;
    private final @Nullable String time;
    private @Nullable JsonNode written;
    private @Nullable FieldSet set;

    private Entry(
        Owner owner,
        String apiVersion,
        @Nullable String time,
        @Nullable JsonNode written,
        @Nullable FieldSet set) {
      this.owner = owner;
      this.apiVersion = apiVersion;
      this.time = time;
      this.written = written;
      this.set = set;
    }

    Owner owner() {
      return owner;
    }

    String apiVersion() {
      return apiVersion;
    }

    FieldSet set() {
      FieldSet known = set;
      if (known == null) {
        known = written == null ? FieldSet.EMPTY : FieldsV1.read(written);
        set = known;
      }
      return known;
    }

    JsonNode written() {
      JsonNode known = written;
      if (known == null) {
        known = FieldsV1.write(set());
        written = known;
      }
      return known;
    }

    private long seconds() {
      try {
        return time == null ? 0 : Times.parse(time).getEpochSecond();
      } catch (IllegalArgumentException e) {
        return 0;
      }
    }

    private ObjectNode json() {
      ObjectNode entry = JsonNodeFactory.instance.objectNode();
      if (!owner.manager().isEmpty()) {
        entry.put("manager", owner.manager());
      }
      entry.put("operation", owner.applied() ? "Apply" : "Update").put("apiVersion", apiVersion);
      if (time != null) {
        entry.put("time", time);
      }
      entry.put("fieldsType", "FieldsV1").set("fieldsV1", written());
      if (!owner.subresource().isEmpty()) {
        entry.put("subresource", owner.subresource());
      }
      return entry;
    }
  }

  private final Map<Owner, Entry> entries = new LinkedHashMap<>();

  /** Reads the entries that the server itself wrote; those of an object it did not are no worry. */
  static ManagedFields of(ObjectNode object) {
    JsonNode written = object.path("metadata").path("managedFields");
    ManagedFields managed = new ManagedFields();
    for (JsonNode entry : written) {
      managed.put(
          new Entry(
              Owner.of(entry),
              entry.path("apiVersion").asText(""),
              entry.path("time").isTextual() ? entry.path("time").textValue() : null,
              entry.path("fieldsV1"),
              null));
    }
    return managed;
  }

  /** Reads entries that a client sent; empty where they are malformed. */
  static Optional<ManagedFields> sent(JsonNode written) {
    try {
      return Optional.of(read(written));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * Reads entries that the server did not write.
   *
   * @throws IllegalArgumentException they are malformed
   */
  static ManagedFields read(JsonNode written) {
    ManagedFields managed = new ManagedFields();
    for (JsonNode entry : written) {
      check(entry);
      JsonNode time = entry.path("time");
      managed.put(
          new Entry(
              Owner.of(entry),
              entry.path("apiVersion").asText(),
              time.isTextual() ? Times.seconds(Times.parse(time.textValue())) : null,
              null,
              FieldsV1.read(entry.path("fieldsV1"))));
    }
    return managed;
  }

  private static void check(JsonNode entry) {
    String operation = entry.path("operation").asText("");
    if (!operation.equals("Apply") && !operation.equals("Update")) {
      throw new IllegalArgumentException("operation must be `Apply` or `Update`");
    }
    if (entry.path("apiVersion").asText("").isEmpty()) {
      throw new IllegalArgumentException("apiVersion must not be empty");
    }
    if (!entry.path("fieldsType").asText("").equals("FieldsV1")) {
      throw new IllegalArgumentException("invalid fieldsType");
    }
  }

  boolean isEmpty() {
    return entries.isEmpty();
  }

  List<Entry> entries() {
    return List.copyOf(entries.values());
  }

  /** The entry of an owner; null where it is not known. */
  @Nullable Entry of(Owner owner) {
    return entries.get(owner);
  }

  void remove(Entry entry) {
    entries.remove(entry.owner);
  }

  private void put(Entry entry) {
    entries.put(entry.owner, entry);
  }

  /** Sets what the writer owns; the time is now. Owners of nothing leave. */
  void set(Owner owner, Writer writer, FieldSet set) {
    put(owner, writer.apiVersion(), writer.time(), set);
  }

  private void put(Owner owner, String apiVersion, @Nullable String time, FieldSet set) {
    if (set.isEmpty()) {
      entries.remove(owner);
    } else {
      put(new Entry(owner, apiVersion, time, null, set));
    }
  }

  /** Changes what an owner owns; its time stays. */
  void change(Entry entry, UnaryOperator<FieldSet> change) {
    FieldSet before = entry.set();
    FieldSet after = change.apply(before);
    if (!after.equals(before)) {
      put(entry.owner, entry.apiVersion, entry.time, after);
    }
  }

  /** Brings an entry in line with how its type owns fields now. */
  void adjust(Entry entry, Shape shape) {
    if (Granularity.outdated(shape, entry.written())) {
      change(entry, set -> Granularity.adjusted(shape, set));
    }
  }

  /** The writer owns more fields from now on; nothing is written anew where it had them all. */
  void add(Owner owner, Writer writer, FieldSet more) {
    Entry known = entries.get(owner);
    if (known == null) {
      set(owner, writer, more);
    } else if (FieldsV1.containsAll(known.written(), more)) {
      put(new Entry(owner, writer.apiVersion(), writer.time(), known.written(), known.set));
    } else {
      set(owner, writer, known.set().union(more));
    }
  }

  /** Merges the oldest entries of updates, so that an object that many write stays small. */
  void cap() {
    List<Entry> updates =
        new ArrayList<>(entries.values().stream().filter(e -> !e.owner.applied()).toList());
    if (updates.size() <= MAX_UPDATES) {
      return;
    }
    updates.sort(Comparator.comparingLong(Entry::seconds).thenComparing(e -> e.owner.toString()));
    Map<String, Entry> firstOfVersion = new LinkedHashMap<>();
    int left = updates.size();
    for (Entry entry : updates) {
      if (left <= MAX_UPDATES) {
        return;
      }
      Entry first = firstOfVersion.putIfAbsent(entry.apiVersion, entry);
      if (first == null) {
        continue;
      }
      Owner bucket = new Owner(OLD_UPDATES, false, entry.apiVersion, "");
      Entry old = entries.get(bucket);
      if (old == null) {
        entries.remove(first.owner);
        old = first;
      }
      entries.remove(entry.owner);
      put(bucket, entry.apiVersion, entry.time, entry.set().union(old.set()));
      left--;
    }
  }

  /** Writes the entries into an object, in order; the field leaves where there are none. */
  void writeTo(ObjectNode object) {
    ObjectNode metadata = object.withObject("/metadata");
    metadata.remove("managedFields");
    if (!entries.isEmpty()) {
      ArrayNode written = metadata.putArray("managedFields");
      entries.values().stream().sorted(ORDER).forEach(entry -> written.add(entry.json()));
    }
  }
}
