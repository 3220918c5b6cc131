/** Calls of others' servers: admission and conversion webhooks, and how a service is reached. */
@NullMarked
package io.berth.apiserver.webhook;

import org.jspecify.annotations.NullMarked;
