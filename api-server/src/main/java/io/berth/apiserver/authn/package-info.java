/** Finds out who sends a request: client certificates and service account tokens. */
@NullMarked
package io.berth.apiserver.authn;

import org.jspecify.annotations.NullMarked;
