/**
 * The API server without sockets: the way of a request from its parsed form to the registry and
 * back. What carries requests (HTTPS, the in-process transport) lives in packages of its own.
 */
@NullMarked
package io.berth.apiserver.server;

import org.jspecify.annotations.NullMarked;
