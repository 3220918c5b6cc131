/** {@code metrics.k8s.io}: what nodes and pods use, asked of the nodes' agents. */
@NullMarked
package io.berth.apiserver.metrics;

import org.jspecify.annotations.NullMarked;
