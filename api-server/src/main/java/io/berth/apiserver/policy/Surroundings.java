package io.berth.apiserver.policy;

import io.berth.api.time.Environment;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.registry.Strategies;
import io.berth.apiserver.server.Authorizer;
import io.berth.apiserver.server.ServedResources;

/**
 * What webhooks and policies of a server look at beside the write.
 *
 * @param cache where they themselves, namespaces and parameters are read
 * @param served which versions a resource has
 * @param authorizer what their expressions may ask
 * @param strategies bring objects into other versions, and into form
 */
public record Surroundings(
    WatchCache cache,
    Environment environment,
    ServedResources served,
    Authorizer authorizer,
    Strategies strategies) {}
