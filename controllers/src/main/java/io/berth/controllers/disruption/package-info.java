/** Claims and volumes that are in use stay until they no longer are. */
@NullMarked
package io.berth.controllers.disruption;

import org.jspecify.annotations.NullMarked;
