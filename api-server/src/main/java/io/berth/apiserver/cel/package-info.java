/**
 * Expressions in the Common Expression Language with Kubernetes' function libraries. Google's
 * library stays in here and in what brings types to it.
 */
@NullMarked
package io.berth.apiserver.cel;

import org.jspecify.annotations.NullMarked;
