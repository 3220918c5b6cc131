package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Headers;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import java.util.Optional;

/** Deletes objects: decides by {@link Deletion} and carries it out against other writers. */
final class Deletes {
  private static final int ATTEMPTS = 10;

  /**
   * @param object the last version, or the marked one
   * @param gone whether it is deleted
   */
  record Outcome(Stored object, boolean gone) {}

  private final ObjectStore objects;
  private final Strategies strategies;
  private final Admission admission;

  Deletes(ObjectStore objects, Strategies strategies, Admission admission) {
    this.objects = objects;
    this.strategies = strategies;
    this.admission = admission;
  }

  /**
   * @throws ApiException 404 where it does not exist, 409 where a precondition does not hold
   */
  Outcome delete(ObjectKey key, DeleteOptions options, WriteCall call) {
    for (int i = 0; i < ATTEMPTS; i++) {
      Stored current =
          objects.newest(key).orElseThrow(() -> Errors.notFound(key.resource(), key.name()));
      Optional<Outcome> outcome = attempt(key, options, call, current);
      if (outcome.isPresent()) {
        return outcome.get();
      }
    }
    throw Errors.conflict(key.resource(), key.name());
  }

  private Optional<Outcome> attempt(
      ObjectKey key, DeleteOptions options, WriteCall call, Stored current) {
    Strategy strategy = strategies.of(call.info().resource());
    Versions versions = strategy.versions(call.info().resource());
    ObjectNode old = versions.opened(current.tree());
    checkPreconditions(call.info().resource(), key, options, old);
    strategy.checkDelete(old);
    AdmissionRequest request = AdmissionRequest.delete(call, key, old);
    admission.admit(request);
    admission.validate(request);
    return switch (Deletion.decide(old, options, strategy, call.now())) {
      case Deletion.Pending() -> Optional.of(new Outcome(current, false));
      case Deletion.Remove gone -> {
        ObjectNode marked = gone.marked();
        Stored last =
            marked == null
                ? current
                : Stored.at(current.revision(), Headers.stored(versions.stored(marked)));
        yield remove(key, call, last, old, strategy);
      }
      case Deletion.Mark(ObjectNode marked) -> mark(key, call, current, versions.stored(marked));
    };
  }

  private Optional<Outcome> remove(
      ObjectKey key, WriteCall call, Stored last, ObjectNode old, Strategy strategy) {
    Outcome outcome = new Outcome(last, true);
    if (call.dryRun()) {
      return Optional.of(outcome);
    }
    return objects
        .delete(key, last.revision())
        .map(
            revision -> {
              strategy.released(old);
              admission.removed(AdmissionRequest.delete(call, key, old));
              return outcome;
            });
  }

  private Optional<Outcome> mark(ObjectKey key, WriteCall call, Stored current, ObjectNode marked) {
    byte[] bytes = Headers.stored(marked);
    if (call.dryRun()) {
      return Optional.of(new Outcome(Stored.at(current.revision(), bytes), false));
    }
    return objects
        .update(key, bytes, current.revision(), 0)
        .map(revision -> new Outcome(Stored.at(revision, bytes), false));
  }

  private static void checkPreconditions(
      ResourceDefinition resource, ObjectKey key, DeleteOptions options, ObjectNode old) {
    String uid = options.uid();
    if (uid != null && !uid.equals(Meta.uid(old))) {
      throw conflict(resource, key, "UID", uid, Meta.uid(old));
    }
    String revision = options.resourceVersion();
    String actual = Meta.text(old, "resourceVersion");
    if (revision != null && !revision.equals(actual)) {
      throw conflict(resource, key, "ResourceVersion", revision, actual);
    }
  }

  /** Told with the kind where other conflicts have the resource, as clients know it. */
  private static ApiException conflict(
      ResourceDefinition resource, ObjectKey key, String what, String expected, String actual) {
    return Errors.conflict(
        new GroupResource(resource.group(), resource.kind()),
        key.name(),
        String.format(
            "the %s in the precondition (%s) does not match the %s in record (%s). The object might"
                + " have been deleted and then recreated",
            what, expected, what, actual));
  }
}
