/** What namespaces use of what they may. */
@NullMarked
package io.berth.controllers.quota;

import org.jspecify.annotations.NullMarked;
