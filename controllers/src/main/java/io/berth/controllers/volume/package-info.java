/** Claims and volumes that are in use stay until they no longer are. */
@NullMarked
package io.berth.controllers.volume;

import org.jspecify.annotations.NullMarked;
