package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ObjectKey;
import io.berth.api.object.Times;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.server.Verb;
import io.berth.apiserver.store.StoreUnavailableException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Changes objects: reads the current version, lets the caller propose the next one, applies the
 * kind's rules and writes it under the condition that nobody else did. Begins with the cache's
 * version, which is nearly always the newest; whatever that leads to is final only when the store
 * has no newer one.
 */
final class Updates {
  /** How often a change that any version will do for is tried again. */
  private static final int ATTEMPTS = 10;

  /** Which part of an object a request may change. */
  enum Part {
    /** All but the status, where that is a subresource. */
    MAIN,
    /** The status and metadata. */
    STATUS,
    /** Whatever the caller proposes: the caller is a subresource with rules of its own. */
    ANY
  }

  /**
   * @param object the version after the change
   * @param deleted whether the change removed the last thing that held a deleted object
   */
  record Outcome(Stored object, boolean deleted) {}

  private final ObjectStore objects;
  private final Strategies strategies;
  private final Admission admission;
  private final ObjectRules rules;

  Updates(ObjectStore objects, Strategies strategies, Admission admission, ObjectRules rules) {
    this.objects = objects;
    this.strategies = strategies;
    this.admission = admission;
    this.rules = rules;
  }

  /**
   * @param change makes the next version from a copy of the current one; called again when another
   *     writer was faster. A resourceVersion or uid in what it returns is a precondition
   * @throws ApiException the change is refused
   */
  Outcome update(ObjectKey key, Part part, WriteCall call, UnaryOperator<ObjectNode> change) {
    Optional<Stored> cached = objects.cached(key);
    if (cached.isPresent()) {
      Optional<Outcome> outcome = tryCached(key, part, call, change, cached.get());
      if (outcome.isPresent()) {
        return outcome.get();
      }
    }
    for (int i = 0; i < ATTEMPTS; i++) {
      Optional<Outcome> outcome = attempt(key, part, call, change, newest(key));
      if (outcome.isPresent()) {
        return outcome.get();
      }
    }
    throw Errors.conflict(key.resource(), key.name());
  }

  /** Empty where the cache was behind, so that the outcome says nothing. */
  private Optional<Outcome> tryCached(
      ObjectKey key, Part part, WriteCall call, UnaryOperator<ObjectNode> change, Stored cached) {
    try {
      return attempt(key, part, call, change, cached);
    } catch (ApiException e) {
      if (newest(key).revision() == cached.revision()) {
        throw e;
      }
      return Optional.empty();
    }
  }

  private Stored newest(ObjectKey key) {
    return objects.newest(key).orElseThrow(() -> Errors.notFound(key.resource(), key.name()));
  }

  /** Empty where another writer was faster and the change would do for the newer version too. */
  private Optional<Outcome> attempt(
      ObjectKey key, Part part, WriteCall call, UnaryOperator<ObjectNode> change, Stored current) {
    Strategy strategy = strategies.of(call.info().resource());
    Versions versions = strategy.versions(call.info().resource());
    ObjectNode old = versions.opened(current.tree());
    ObjectNode proposed = versions.ruled(change.apply(versions.requested(old.deepCopy())));
    boolean conditional = checkPreconditions(key, call, proposed, current, old);
    ObjectNode object = prepare(key, part, call, proposed, old);
    if (FieldOwners.unchanged(object, old)
        && (versions.equals(Versions.ONE) || isStored(object, versions, current))) {
      return Optional.of(new Outcome(current, false));
    }
    AdmissionRequest request = AdmissionRequest.update(call, key, object, old);
    Optional<Outcome> outcome = Optional.empty();
    try {
      outcome = claimed(key, strategy, versions, request, current);
    } catch (StoreUnavailableException e) {
      throw e; // the change may be there: what was taken for it is not given back
    } catch (RuntimeException e) {
      admission.abandoned(request);
      throw e;
    }
    if (outcome.isEmpty()) {
      admission.abandoned(request);
      if (conditional) {
        throw Errors.conflict(key.resource(), key.name());
      }
    }
    return outcome;
  }

  private Optional<Outcome> claimed(
      ObjectKey key,
      Strategy strategy,
      Versions versions,
      AdmissionRequest request,
      Stored current) {
    WriteCall call = request.call();
    ObjectNode object = Objects.requireNonNull(request.object());
    Strategy.Claim claim = strategy.claim(object, request.old(), call);
    Optional<Outcome> outcome;
    try {
      outcome =
          FieldOwners.store(
              object, versions, call, bytes -> write(key, strategy, call, object, bytes, current));
    } catch (StoreUnavailableException e) {
      throw e; // the change may be there: what was taken for it is not given back
    } catch (RuntimeException e) {
      claim.rollback();
      throw e;
    }
    if (outcome.isPresent() && !call.dryRun()) {
      claim.commit();
    } else {
      claim.rollback();
    }
    return outcome;
  }

  private Optional<Outcome> write(
      ObjectKey key,
      Strategy strategy,
      WriteCall call,
      ObjectNode object,
      byte[] bytes,
      Stored current) {
    if (Deletion.complete(object, strategy)) {
      if (call.dryRun()) {
        return Optional.of(new Outcome(Stored.at(current.revision(), bytes), true));
      }
      return objects
          .delete(key, current.revision())
          .map(
              revision -> {
                strategy.released(object);
                admission.removed(AdmissionRequest.delete(call, key, object));
                return new Outcome(Stored.at(current.revision(), bytes), true);
              });
    }
    if (call.dryRun()) {
      return Optional.of(new Outcome(Stored.at(current.revision(), bytes), false));
    }
    return objects
        .update(key, bytes, current.revision(), strategy.lifetimeSeconds())
        .map(revision -> new Outcome(Stored.at(revision, bytes), false));
  }

  /** Whether the store holds just this; else an unchanged object is brought up to date. */
  private static boolean isStored(ObjectNode object, Versions versions, Stored current) {
    return versions.stored(object.deepCopy()).equals(current.tree());
  }

  private ObjectNode prepare(
      ObjectKey key, Part part, WriteCall call, ObjectNode proposed, ObjectNode old) {
    JsonNode sentOwners = call.info().hasSubresource() ? null : FieldOwners.of(proposed);
    ObjectNode object = part == Part.STATUS ? statusOf(proposed, old) : proposed;
    restoreSystemFields(object, old);
    Strategy strategy = strategies.of(call.info().resource());
    if (part == Part.MAIN && call.info().resource().hasSubresource("status")) {
      Meta.copy("status", old, object);
    }
    strategy.applyDefaults(strategy.ruledBy(call.info().resource()), object);
    FieldOwners.track(object, old, sentOwners, strategy, call);
    if (part == Part.MAIN) {
      strategy.prepareUpdate(object, old, call);
    } else if (part == Part.STATUS) {
      strategy.prepareStatus(object, old, call);
    }
    admission.admit(AdmissionRequest.update(call, key, object, old));
    boolean wanted = part == Part.MAIN || strategy.narrowing(call.info().subresource()) != null;
    if (wanted && strategy.countsGenerations() && wantedDiffers(call, object, old)) {
      Meta.bumpGeneration(object);
    }
    rules.checkUpdate(call.info().resource(), strategy, part, object, old, call.warnings());
    admission.validate(AdmissionRequest.update(call, key, object, old));
    return object;
  }

  /** Whether anything beside metadata and, where it is a subresource, status differs. */
  private static boolean wantedDiffers(WriteCall call, ObjectNode object, ObjectNode old) {
    boolean status = !call.info().resource().hasSubresource("status");
    return !wanted(object, status).equals(wanted(old, status));
  }

  private static ObjectNode wanted(ObjectNode object, boolean withStatus) {
    ObjectNode rest = object.objectNode();
    object
        .properties()
        .forEach(
            field -> {
              String name = field.getKey();
              if (!name.equals("metadata") && (withStatus || !name.equals("status"))) {
                rest.set(name, field.getValue());
              }
            });
    return rest;
  }

  private static ObjectNode statusOf(ObjectNode proposed, ObjectNode old) {
    ObjectNode object = old.deepCopy();
    ObjectNode metadata = Meta.of(object);
    Meta.copy("labels", proposed.path("metadata"), metadata);
    Meta.copy("annotations", proposed.path("metadata"), metadata);
    Meta.copy("finalizers", proposed.path("metadata"), metadata);
    FieldOwners.set(object, FieldOwners.of(proposed));
    Meta.copy("status", proposed, object);
    return object;
  }

  private static void restoreSystemFields(ObjectNode object, ObjectNode old) {
    ObjectNode metadata = Meta.of(object);
    JsonNode before = old.path("metadata");
    for (String field : ObjectRules.SYSTEM_FIELDS) {
      Meta.copy(field, before, metadata);
    }
    Meta.copy("name", before, metadata);
    Meta.copy("namespace", before, metadata);
    Meta.copy("generateName", before, metadata);
    Meta.copy("resourceVersion", before, metadata);
    metadata.remove("selfLink");
    object.set("kind", old.path("kind"));
    object.set("apiVersion", old.path("apiVersion"));
  }

  /** The time of deletion may be left out, not changed. */
  private static void checkDeletionTime(
      ResourceDefinition resource, ObjectNode proposed, ObjectNode old) {
    String time = Meta.text(proposed, "deletionTimestamp");
    if (!time.isEmpty() && !sameTime(time, Meta.text(old, "deletionTimestamp"))) {
      throw Errors.invalid(
          resource,
          Meta.name(old),
          List.of(FieldError.invalid("metadata.deletionTimestamp", time, "field is immutable")));
    }
  }

  private static boolean sameTime(String a, String b) {
    if (a.equals(b)) {
      return true;
    }
    try {
      return !b.isEmpty() && Times.parse(a).equals(Times.parse(b));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Whether the proposal holds for one version only. */
  private static boolean checkPreconditions(
      ObjectKey key, WriteCall call, ObjectNode proposed, Stored current, ObjectNode old) {
    GroupResource resource = key.resource();
    ObjectRules.checkName(proposed, key);
    ObjectRules.checkNamespace(proposed, key.namespace());
    checkDeletionTime(call.info().resource(), proposed, old);
    String uid = Meta.uid(proposed);
    if (!uid.isEmpty() && !uid.equals(Meta.uid(old))) {
      throw call.info().verb() == Verb.PATCH
          ? Errors.invalid(
              call.info().resource(),
              key.name(),
              List.of(FieldError.invalid("metadata.uid", uid, "field is immutable")))
          : Errors.uidConflict(resource, key.name(), uid, Meta.uid(old));
    }
    String revision = Meta.text(proposed, "resourceVersion");
    if (revision.isEmpty() || revision.equals("0")) {
      return false;
    }
    if (!revision.equals(Long.toString(current.revision()))) {
      throw Errors.conflict(resource, key.name());
    }
    return true;
  }
}
