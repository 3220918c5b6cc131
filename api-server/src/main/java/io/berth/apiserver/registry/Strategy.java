package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.apply.OtherVersions;
import io.berth.api.defaults.Defaults;
import io.berth.api.object.Names;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.schema.SchemaValidator;
import io.berth.api.validation.FieldError;
import io.berth.api.validation.Validation;
import io.berth.apiserver.table.Column;
import io.berth.apiserver.table.TableColumns;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A kind's own rules, called by the generic path in the order below. What a kind does not override
 * is as for an object without any: the row in the table of resources and the schema suffice then.
 * Trees given as {@code object} may be changed, those given as {@code old} may not. Without state
 * of its own; safe for use by many threads.
 */
public interface Strategy {
  /** A kind without rules. */
  Strategy PLAIN = new Strategy() {};

  /** What is wrong with a name, nothing where it is well-formed. */
  default List<String> checkName(String name) {
    return Names.dns1123Subdomain(name);
  }

  /** Whether changes of anything beside metadata and status are counted by {@code generation}. */
  default boolean countsGenerations() {
    return false;
  }

  /**
   * Whether a new object may bring its status. Elsewhere a status that is a subresource begins
   * empty, whatever the client sent.
   */
  default boolean createsStatus() {
    return false;
  }

  /** Whether dependents of a deleted object stay where the client does not say what they do. */
  default boolean orphansByDefault() {
    return false;
  }

  /** Whether a delete answers with the object rather than with a Status. */
  default boolean returnsDeleted() {
    return false;
  }

  /** After how many seconds the store forgets an object; 0 for never. */
  default long lifetimeSeconds() {
    return 0;
  }

  /** Sets what the server decides on a new object, before it is validated. */
  default void prepareCreate(ObjectNode object, WriteCall call) {}

  /** Reports what is wrong with a new object beyond its schema and the generic rules. */
  default void validateCreate(ObjectNode object, Consumer<FieldError> errors) {}

  /** Restores what a client cannot change and sets what follows from the change. */
  default void prepareUpdate(ObjectNode object, ObjectNode old, WriteCall call) {}

  /** How a subresource changes a part of the object; null where it is none that does. */
  default @Nullable Narrowing narrowing(String subresource) {
    return null;
  }

  /** Sets what follows from a change of the status. */
  default void prepareStatus(ObjectNode object, ObjectNode old, WriteCall call) {}

  /** Reports what is wrong with a change beyond the schema and the generic rules. */
  default void validateUpdate(ObjectNode object, ObjectNode old, Consumer<FieldError> errors) {}

  /** The same for an update of the status; all but the status is as it was. */
  default void validateStatus(ObjectNode object, ObjectNode old, Consumer<FieldError> errors) {}

  /**
   * Takes what only one object can have (addresses, ports), after validation and before the object
   * is stored, and writes it into the object.
   *
   * @param old null for a new object
   */
  default Claim claim(ObjectNode object, @Nullable ObjectNode old, WriteCall call) {
    return Claim.NONE;
  }

  /** Gives back what {@link #claim} took; the object is gone. */
  default void released(ObjectNode old) {}

  /** Refuses a deletion by throwing an {@link io.berth.api.transport.ApiException}. */
  default void checkDelete(ObjectNode object) {}

  /**
   * How long the object may take to end.
   *
   * @param asked seconds that the client asks for, or null
   * @return seconds, or null where the kind ends at once
   */
  default @Nullable Long gracePeriod(ObjectNode object, @Nullable Long asked) {
    return null;
  }

  /** Marks what else shows that the object is being deleted, such as a phase. */
  default void prepareDeletion(ObjectNode object) {}

  /** Whether something beside {@code metadata.finalizers} still holds a deleted object. */
  default boolean held(ObjectNode object) {
    return false;
  }

  /** Which version of the resource the other rules are written for: what they are given. */
  default ResourceDefinition ruledBy(ResourceDefinition requested) {
    return requested.storage();
  }

  /** Checks the types of values and the names of fields of what a client sent. */
  default SchemaValidator.Findings checkForm(ResourceDefinition requested, ObjectNode object) {
    return SchemaValidator.check(requested, object);
  }

  /** Brings an object whose form was checked into the one that is stored. */
  default void applyDefaults(ResourceDefinition ruled, ObjectNode object) {
    Defaults.apply(ruled, object);
  }

  /**
   * All that is wrong with an object beside its form, its name and what changed of it.
   *
   * @param old the version before; null for a new object
   */
  default List<FieldError> validate(
      ResourceDefinition ruled, ObjectNode object, @Nullable ObjectNode old) {
    return Validation.check(ruled, object);
  }

  /**
   * The same for a change.
   *
   * @param warnings get what is wrong and was so before, where that is only told
   */
  default List<FieldError> validateChange(
      ResourceDefinition ruled, ObjectNode object, ObjectNode old, Consumer<String> warnings) {
    return validate(ruled, object, old);
  }

  /** Where the numbers of replicas are that the scale subresource shows and changes. */
  default ScalePaths scalePaths() {
    return ScalePaths.OF_WORKLOADS;
  }

  /** How objects go between a request's version and the stored one. */
  default Versions versions(ResourceDefinition requested) {
    return Versions.ONE;
  }

  /** The other versions that fields of objects may be owned in. */
  default OtherVersions otherVersions(ResourceDefinition requested) {
    return OtherVersions.NONE;
  }

  /** What tables show of objects in the version that the kind's rules are written for. */
  default List<Column> columns(ResourceDefinition requested) {
    return TableColumns.of(requested);
  }

  /** What a client should hear of although it is allowed. */
  default List<String> warnings(ObjectNode object) {
    return List.of();
  }

  /** What was taken for an object that is about to be stored. */
  interface Claim {
    /** Nothing. */
    Claim NONE =
        new Claim() {
          @Override
          public void commit() {}

          @Override
          public void rollback() {}
        };

    /** The object was stored: what only its old version had is given back. */
    void commit();

    /** The object was not stored: what was taken is given back. */
    void rollback();
  }
}
