package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.apply.OwnedFields;
import io.berth.api.apply.Writer;
import io.berth.api.codec.Headers;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiException;
import io.berth.apiserver.store.ValueTooLargeException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps {@code metadata.managedFields} up as objects are written by other means than apply. */
final class FieldOwners {
  private static final Logger log = LoggerFactory.getLogger(FieldOwners.class);

  private static final String FIELD = "managedFields";

  private FieldOwners() {}

  static @Nullable JsonNode of(ObjectNode object) {
    return object.path("metadata").get(FIELD);
  }

  static Writer writer(WriteCall call, String manager) {
    return Writer.at(
        call.now(), manager, call.info().resource().apiVersion(), call.info().subresource());
  }

  /**
   * @param object a new version with defaults, before admission; gets its owners
   * @param old the version before, null for a new object
   * @param sent the owners as the client sent them, or null
   */
  static void track(
      ObjectNode object,
      @Nullable ObjectNode old,
      @Nullable JsonNode sent,
      Strategy strategy,
      WriteCall call) {
    String manager = call.manager();
    if (manager == null) {
      return;
    }
    try {
      track(object, old, sent, strategy, call, manager);
    } catch (ApiException e) {
      log.warn(
          "owners of fields are dropped, a conversion failed resource={} cause={}",
          call.info().resourceText(),
          e.getMessage());
      set(object, null);
    }
  }

  private static void track(
      ObjectNode object,
      @Nullable ObjectNode old,
      @Nullable JsonNode sent,
      Strategy strategy,
      WriteCall call,
      String manager) {
    ResourceDefinition resource = call.info().resource();
    Versions versions = strategy.versions(resource);
    OwnedFields fields = OwnedFields.of(resource, strategy.otherVersions(resource));
    Writer writer = writer(call, manager);
    if (versions.equals(Versions.ONE)) {
      fields.update(old, object, sent, writer);
      return;
    }
    ObjectNode requested = versions.requested(object.deepCopy());
    ObjectNode before = old == null ? null : versions.requested(old.deepCopy());
    fields.update(before, requested, sent, writer);
    set(object, of(requested));
  }

  static void set(ObjectNode object, @Nullable JsonNode owners) {
    if (owners == null || owners.isEmpty()) {
      Meta.of(object).remove(FIELD);
    } else {
      Meta.of(object).set(FIELD, owners);
    }
  }

  /**
   * Whether a write changes nothing but the times of owners, so that it need not be made.
   *
   * @param object gets the owners of {@code old} where that is so
   */
  static boolean unchanged(ObjectNode object, ObjectNode old) {
    JsonNode owners = of(object);
    JsonNode before = of(old);
    if (!sameOwners(owners, before)) {
      return false;
    }
    set(object, before);
    if (object.equals(old)) {
      return true;
    }
    set(object, owners);
    return false;
  }

  /**
   * Stores an object. One that is too large with the owners of its fields is stored without them,
   * unless it was applied: who applies needs them.
   *
   * @param store given the bytes to store
   */
  static <T> T store(
      ObjectNode object, Versions versions, WriteCall call, Function<byte[], T> store) {
    try {
      return store.apply(Headers.stored(versions.stored(object)));
    } catch (ValueTooLargeException e) {
      if (call.manager() == null || of(object) == null) {
        throw e;
      }
      set(object, null);
      return store.apply(Headers.stored(versions.stored(object)));
    }
  }

  private static boolean sameOwners(@Nullable JsonNode owners, @Nullable JsonNode before) {
    if (owners == null || before == null) {
      return owners == null && before == null;
    }
    if (owners.size() != before.size()) {
      return false;
    }
    for (int i = 0; i < owners.size(); i++) {
      if (!sameOwner(owners.get(i), before.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean sameOwner(JsonNode owner, JsonNode before) {
    return owner.size() == before.size()
        && owner.properties().stream()
            .allMatch(
                field ->
                    field.getKey().equals("time")
                        || field.getValue().equals(before.get(field.getKey())));
  }
}
