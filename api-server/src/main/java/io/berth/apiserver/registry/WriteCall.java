package io.berth.apiserver.registry;

import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.RequestInfo;
import java.time.Instant;

/**
 * What rules may know of the request that they are applied in.
 *
 * @param info what it wants
 * @param identity who sends it
 * @param now its time
 * @param dryRun whether nothing will be stored
 */
public record WriteCall(RequestInfo info, Identity identity, Instant now, boolean dryRun) {}
