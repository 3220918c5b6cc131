/** Tells clients what is served: discovery in both forms, and OpenAPI. */
@NullMarked
package io.berth.apiserver.discovery;

import org.jspecify.annotations.NullMarked;
