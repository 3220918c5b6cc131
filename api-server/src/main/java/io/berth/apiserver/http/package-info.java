/** HTTPS and WebSockets by Vert.x, which stays inside of this package. */
@NullMarked
package io.berth.apiserver.http;

import org.jspecify.annotations.NullMarked;
