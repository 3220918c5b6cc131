/** Cluster roles that are put together from others. */
@NullMarked
package io.berth.controllers.clusterrole;

import org.jspecify.annotations.NullMarked;
