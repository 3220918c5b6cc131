/** HTTP requests to what runs in pods. */
@NullMarked
package io.berth.agent.http;

import org.jspecify.annotations.NullMarked;
