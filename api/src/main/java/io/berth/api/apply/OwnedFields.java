package io.berth.api.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.apply.ManagedFields.Entry;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.schema.Schemas;
import io.berth.api.schema.TypeRef;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps track of who owns which fields of objects, and applies configurations by that: server-side
 * apply. Owners of a field are those who set it last; who applies a configuration owns what it
 * names, conflicts with other owners of what it would change, and removes what it does not name any
 * more and nobody else owns. Pure.
 *
 * <p>Follows Kubernetes' structured merge and diff (sigs.k8s.io/structured-merge-diff, packages
 * merge and typed) and field manager (k8s.io/apimachinery, package managedfields).
 *
 * @param type of the objects
 * @param changing whether the type may have been another one when an object was written
 * @param others versions of the resource, beside the type's, that fields may be owned in
 */
public record OwnedFields(ObjectType type, boolean changing, OtherVersions others) {
  /** Owns what was there before an object without known owners was first applied to. */
  private static final String BEFORE_FIRST_APPLY = "before-first-apply";

  /** Fields that nobody owns. */
  private static final FieldSet UNOWNED =
      FieldSet.ofFields("apiVersion")
          .union(FieldSet.ofFields("kind"))
          .union(FieldSet.ofFields("metadata"))
          .union(FieldSet.ofFields("metadata", "name"))
          .union(FieldSet.ofFields("metadata", "namespace"))
          .union(FieldSet.ofFields("metadata", "creationTimestamp"))
          .union(FieldSet.ofFields("metadata", "selfLink"))
          .union(FieldSet.ofFields("metadata", "uid"))
          .union(FieldSet.ofFields("metadata", "generation"))
          .union(FieldSet.ofFields("metadata", "managedFields"))
          .union(FieldSet.ofFields("metadata", "resourceVersion"));

  /** For a type that stays as it is. */
  public OwnedFields(ObjectType type) {
    this(type, false, OtherVersions.NONE);
  }

  /** For the objects of a resource. */
  public static OwnedFields of(ResourceDefinition resource, OtherVersions others) {
    return new OwnedFields(
        Schemas.forResource(resource), resource.schema() instanceof TypeRef.Custom, others);
  }

  /**
   * Sets the owners of an object that was written in another way than by apply.
   *
   * @param live the version before, with its owners; null where there is none
   * @param object the version after; gets its owners
   * @param sent the managed fields that the writer sent, or null: they take the place of the live
   *     ones where they are well-formed, and a single empty entry clears them; an empty list is
   *     what a client sends that knows nothing of them
   */
  public void update(
      @Nullable ObjectNode live, ObjectNode object, @Nullable JsonNode sent, Writer writer) {
    ManagedFields owners = owners(live, sent, writer.apiVersion());
    object.withObject("/metadata").remove("managedFields");
    if (live == null || !owners.isEmpty()) {
      ObjectNode before = live == null ? nothing(object) : live;
      Comparison own = Comparison.of(type, before, object);
      Comparisons all =
          new Comparisons(writer.apiVersion(), own, others, live, object, FieldSet.EMPTY);
      changed(owners, all, writer);
    }
    owners.writeTo(object);
  }

  /** What is wrong with managed fields that somebody wrote, or empty where they are well-formed. */
  public static Optional<String> flaw(JsonNode managedFields) {
    try {
      ManagedFields.read(managedFields);
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.of(e.getMessage() == null ? "malformed" : e.getMessage());
    }
  }

  private ManagedFields known(ObjectNode live, String requested) {
    return current(ManagedFields.of(live), requested);
  }

  /** Without what is owned in versions that are no more, and all else as the types own it now. */
  private ManagedFields current(ManagedFields owners, String requested) {
    for (Entry entry : owners.entries()) {
      boolean own = entry.apiVersion().equals(requested);
      ObjectType seen =
          own
              ? type
              : others.find(entry.apiVersion()).map(OtherVersions.Version::type).orElse(null);
      if (seen == null) {
        owners.remove(entry);
      } else if (changing) {
        owners.adjust(entry, Shape.of(seen));
      }
    }
    return owners;
  }

  private ManagedFields owners(
      @Nullable ObjectNode live, @Nullable JsonNode sent, String requested) {
    ManagedFields known = live == null ? new ManagedFields() : known(live, requested);
    if (sent == null || !sent.isArray() || sent.isEmpty()) {
      return known;
    }
    if (sent.size() == 1 && sent.get(0).isObject() && sent.get(0).isEmpty()) {
      return new ManagedFields();
    }
    if (live != null && sent.equals(live.path("metadata").path("managedFields"))) {
      return known;
    }
    return ManagedFields.sent(sent).map(owners -> current(owners, requested)).orElse(known);
  }

  /** An object of the same kind in which nothing is set. */
  static ObjectNode nothing(ObjectNode object) {
    ObjectNode empty = Json.object();
    empty.set("apiVersion", object.path("apiVersion"));
    empty.set("kind", object.path("kind"));
    return empty;
  }

  private static void changed(ManagedFields owners, Comparisons differences, Writer writer) {
    Owner self = Owner.of(writer, false);
    FieldSet mine = differences.in(writer.apiVersion()).changed().difference(UNOWNED);
    for (Entry entry : owners.entries()) {
      boolean own = entry.apiVersion().equals(writer.apiVersion());
      Comparison difference = differences.in(entry.apiVersion());
      FieldSet taken = own ? mine : difference.changed().difference(UNOWNED);
      boolean loses =
          FieldsV1.containsAny(entry.written(), difference.removed())
              || (!entry.owner().equals(self) && FieldsV1.containsAny(entry.written(), taken));
      if (loses) {
        owners.change(
            entry,
            set -> {
              FieldSet left = set.difference(difference.removed());
              return entry.owner().equals(self) ? left : left.difference(taken);
            });
      }
    }
    if (!mine.isEmpty()) {
      owners.add(self, writer, mine);
    }
    owners.cap();
  }

  /**
   * Applies a configuration.
   *
   * @param live the current version with its owners; null where there is none
   * @param config the configuration, of the same kind and version; without managed fields
   * @param force whether fields that others own are taken from them
   * @param ignored fields that this way of writing does not change, such as the status where that
   *     is a subresource; the configuration may name them all the same
   * @return the next version with its owners; {@code live} is left as it is
   * @throws ApiException 400 where the configuration does not fit the type, 409 where others own
   *     what would change
   */
  public ObjectNode apply(
      @Nullable ObjectNode live,
      ObjectNode config,
      Writer writer,
      boolean force,
      FieldSet ignored) {
    if (config.path("metadata").hasNonNull("managedFields")) {
      throw Errors.badRequest("metadata.managedFields must be nil");
    }
    ConfigCheck.check(type, config);
    String requested = writer.apiVersion();
    ManagedFields owners = live == null ? new ManagedFields() : known(live, requested);
    ObjectNode before = live == null ? nothing(config) : withoutOwners(live);
    if (live != null && owners.isEmpty()) {
      Writer first =
          new Writer(BEFORE_FIRST_APPLY, writer.apiVersion(), writer.subresource(), writer.time());
      Comparison all = Comparison.of(type, nothing(live), before);
      changed(
          owners,
          new Comparisons(requested, all, OtherVersions.NONE, null, before, FieldSet.EMPTY),
          first);
    }
    Owner self = Owner.of(writer, true);
    Entry last = owners.of(self);
    FieldSet named = Extraction.of(type, config).recursiveDifference(ignored);
    FieldSet mine = named.difference(UNOWNED);
    ObjectNode merged = Merge.of(type, before, config);
    // a name is nobody's, but what holds it stays for its sake
    ObjectNode after =
        new Pruning(type, requested, others, owners, self).prune(merged, last, named);
    Comparison own = Comparison.of(type, before, after).without(ignored);
    Comparisons differences =
        new Comparisons(requested, own, others, live == null ? null : before, after, ignored);
    take(owners, self, differences, force, before, writer);
    boolean same =
        last == null
            ? mine.isEmpty()
            : mine.equals(last.set()) && last.apiVersion().equals(requested);
    if (!same || !after.equals(before)) {
      owners.set(self, writer, mine);
    }
    LastApplied.update(writer, config, after);
    owners.writeTo(after);
    return after;
  }

  /** Takes from the others what this apply changes or removes. */
  private void take(
      ManagedFields owners,
      Owner self,
      Comparisons differences,
      boolean force,
      ObjectNode live,
      Writer writer) {
    Conflicts conflicts = new Conflicts();
    for (Entry entry : owners.entries()) {
      FieldSet changed = differences.in(entry.apiVersion()).changed();
      if (!entry.owner().equals(self) && FieldsV1.containsAny(entry.written(), changed)) {
        conflicts.add(entry.owner(), entry.set().intersection(changed));
      }
    }
    if (!force && !conflicts.isEmpty()) {
      refuse(conflicts, owners, self, differences, live, writer);
    }
    for (Entry entry : owners.entries()) {
      if (!entry.owner().equals(self)) {
        Comparison difference = differences.in(entry.apiVersion());
        owners.change(
            entry, set -> set.difference(difference.changed()).difference(difference.removed()));
      }
    }
  }

  /** What kubectl applied on its side may go over to what it applies on the server's. */
  private void refuse(
      Conflicts conflicts,
      ManagedFields owners,
      Owner self,
      Comparisons differences,
      ObjectNode live,
      Writer writer) {
    FieldSet allowed = LastApplied.owned(type, live, writer);
    if (allowed.isEmpty()) {
      throw conflicts.asError();
    }
    Conflicts left = new Conflicts();
    for (Entry entry : owners.entries()) {
      if (!entry.owner().equals(self)) {
        FieldSet changed = differences.in(entry.apiVersion()).changed();
        FieldSet set = entry.set().intersection(changed).difference(allowed);
        left.add(entry.owner(), set);
      }
    }
    if (!left.isEmpty()) {
      throw left.asError();
    }
  }

  static ObjectNode withoutOwners(ObjectNode object) {
    ObjectNode copy = object.deepCopy();
    if (copy.get("metadata") instanceof ObjectNode metadata) {
      metadata.remove("managedFields");
    }
    return copy;
  }
}
