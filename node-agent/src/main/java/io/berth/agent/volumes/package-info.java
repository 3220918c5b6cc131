/**
 * A pod's volumes on the node: made before its containers start, kept up to date, removed after.
 */
@NullMarked
package io.berth.agent.volumes;

import org.jspecify.annotations.NullMarked;
