/** The agent's own HTTPS server: logs, commands in containers, health and metrics. */
@NullMarked
package io.berth.agent.server;

import org.jspecify.annotations.NullMarked;
