package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.RequestInfo;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What rules may know of the request that they are applied in.
 *
 * @param info what it wants
 * @param identity who sends it
 * @param now its time
 * @param dryRun whether nothing will be stored
 * @param manager who owns the fields that it sets; null where the owners stay as the object has
 *     them
 * @param options what its client asked for beside the change, as an object without kind; made anew
 *     each time
 * @param warnings what the client should hear of although it is allowed; added to
 */
public record WriteCall(
    RequestInfo info,
    Identity identity,
    Instant now,
    boolean dryRun,
    @Nullable String manager,
    Supplier<ObjectNode> options,
    List<String> warnings) {

  /** The same, for a change that leaves the owners of fields as the changed object has them. */
  WriteCall withOwnersAsGiven() {
    return new WriteCall(info, identity, now, dryRun, null, options, warnings);
  }

  /** The same for another resource, a part of this write. */
  WriteCall on(RequestInfo other) {
    return new WriteCall(other, identity, now, dryRun, manager, options, warnings);
  }
}
