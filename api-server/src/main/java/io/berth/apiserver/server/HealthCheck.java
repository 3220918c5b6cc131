package io.berth.apiserver.server;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One thing that must hold for the server to be healthy.
 *
 * @param name as {@code /readyz/NAME} has it
 * @param live whether {@code /livez} asks it as well: only what a restart would mend
 * @param check null where all is well, else what is wrong; answers within a second
 */
public record HealthCheck(String name, boolean live, Supplier<@Nullable String> check) {}
