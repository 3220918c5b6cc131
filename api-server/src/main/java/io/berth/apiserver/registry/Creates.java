package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Names;
import io.berth.api.object.ObjectKey;
import io.berth.api.object.Times;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import io.berth.apiserver.store.StoreUnavailableException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.random.RandomGenerator;

/** Creates objects. */
final class Creates {
  /** How many random names are tried for a {@code generateName}. */
  private static final int NAME_ATTEMPTS = 8;

  private final ObjectStore objects;
  private final Strategies strategies;
  private final Admission admission;
  private final ObjectRules rules;
  private final RandomGenerator random;

  Creates(
      ObjectStore objects,
      Strategies strategies,
      Admission admission,
      ObjectRules rules,
      RandomGenerator random) {
    this.objects = objects;
    this.strategies = strategies;
    this.admission = admission;
    this.rules = rules;
    this.random = random;
  }

  /**
   * @param object what the client sent, with kind and apiVersion; may be changed
   * @throws ApiException it is refused, nothing was stored
   */
  Stored create(ObjectNode object, WriteCall call) {
    ObjectNode metadata = Meta.of(object);
    String namespace = call.info().namespace();
    ObjectRules.checkNamespace(object, namespace);
    checkRevision(metadata);
    boolean generated = Meta.name(object).isEmpty() && !Meta.text(object, "generateName").isEmpty();
    for (int i = 0; generated && i < NAME_ATTEMPTS - 1; i++) {
      Optional<Stored> created = named(object.deepCopy(), generateName(object), namespace, call);
      if (created.isPresent()) {
        return created.get();
      }
    }
    String name = generated ? generateName(object) : Meta.name(object);
    return named(object, name, namespace, call)
        .orElseThrow(() -> taken(call.info().resource(), namespace, name, generated));
  }

  private String generateName(ObjectNode object) {
    return Names.generate(Meta.text(object, "generateName"), random);
  }

  /** Empty where the name is taken. */
  private Optional<Stored> named(
      ObjectNode requested, String name, String namespace, WriteCall call) {
    ResourceDefinition resource = call.info().resource();
    Strategy strategy = strategies.of(resource);
    Versions versions = strategy.versions(resource);
    ObjectNode object = versions.ruled(requested);
    ObjectKey key = ObjectKey.of(resource.storedResource(), namespace, name);
    JsonNode sentOwners = FieldOwners.of(object);
    setSystemFields(object, key, strategy, call);
    if (resource.hasSubresource("status") && !strategy.createsStatus()) {
      object.remove("status");
    }
    strategy.applyDefaults(strategy.ruledBy(resource), object);
    FieldOwners.track(object, null, sentOwners, strategy, call);
    admission.admit(AdmissionRequest.create(call, key, object));
    strategy.prepareCreate(object, call);
    rules.checkCreate(resource, strategy, object);
    AdmissionRequest request = AdmissionRequest.create(call, key, object);
    admission.validate(request);
    Optional<Stored> stored = Optional.empty();
    try {
      stored = claimed(key, object, strategy, versions, call);
    } catch (StoreUnavailableException e) {
      throw e; // the object may be there
    } catch (RuntimeException e) {
      admission.abandoned(request);
      throw e;
    }
    if (stored.isEmpty() && !call.dryRun()) {
      admission.abandoned(request);
    }
    return stored;
  }

  private Optional<Stored> claimed(
      ObjectKey key, ObjectNode object, Strategy strategy, Versions versions, WriteCall call) {
    Strategy.Claim claim = strategy.claim(object, null, call);
    Optional<Stored> stored;
    try {
      stored =
          FieldOwners.store(object, versions, call, bytes -> store(key, bytes, strategy, call));
    } catch (StoreUnavailableException e) {
      throw e; // the object may be there: what was taken for it is not given back
    } catch (RuntimeException e) {
      claim.rollback();
      throw e;
    }
    if (stored.isPresent() && !call.dryRun()) {
      claim.commit();
    } else {
      claim.rollback();
    }
    return stored;
  }

  private Optional<Stored> store(ObjectKey key, byte[] bytes, Strategy strategy, WriteCall call) {
    if (call.dryRun()) {
      return objects.newest(key).isPresent() ? Optional.empty() : Optional.of(new Stored(bytes, 0));
    }
    OptionalLong revision = objects.create(key, bytes, strategy.lifetimeSeconds());
    return revision.isPresent()
        ? Optional.of(Stored.at(revision.getAsLong(), bytes))
        : Optional.empty();
  }

  private void setSystemFields(
      ObjectNode object, ObjectKey key, Strategy strategy, WriteCall call) {
    ObjectNode metadata = Meta.of(object);
    ObjectRules.SYSTEM_FIELDS.forEach(metadata::remove);
    if (call.manager() != null) {
      metadata.remove("managedFields");
    }
    metadata.remove("selfLink");
    metadata.remove("resourceVersion");
    if (!key.name().isEmpty()) {
      metadata.put("name", key.name());
    }
    if (!key.namespace().isEmpty()) {
      metadata.put("namespace", key.namespace());
    }
    metadata.put("uid", uid());
    metadata.put("creationTimestamp", Times.seconds(call.now()));
    if (strategy.countsGenerations()) {
      metadata.put("generation", 1);
    }
  }

  /** A random UUID from the environment's source of chance. */
  private String uid() {
    long high = (random.nextLong() & ~0xf000L) | 0x4000L;
    long low = (random.nextLong() & ~(0xc0L << 56)) | (0x80L << 56);
    return new UUID(high, low).toString();
  }

  private static void checkRevision(ObjectNode metadata) {
    String revision = metadata.path("resourceVersion").asText("");
    if (!revision.isEmpty() && !revision.equals("0")) {
      throw Errors.badRequest("resourceVersion should not be set on objects to be created");
    }
  }

  private ApiException taken(
      ResourceDefinition resource, String namespace, String name, boolean generated) {
    if (generated) {
      return Errors.generateNameConflict(resource.groupResource(), name);
    }
    ApiException taken = Errors.alreadyExists(resource.groupResource(), name);
    ObjectKey key = ObjectKey.of(resource.storedResource(), namespace, name);
    boolean deleting = objects.newest(key).map(o -> Meta.deleting(o.tree())).orElse(false);
    return deleting
        ? new ApiException(
            taken.code(),
            taken.reason(),
            "object is being deleted: " + taken.getMessage(),
            taken.details())
        : taken;
  }
}
