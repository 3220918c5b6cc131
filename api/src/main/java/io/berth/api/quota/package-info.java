/** What objects use of what is bounded: shared by admission and the controller that counts anew. */
@NullMarked
package io.berth.api.quota;

import org.jspecify.annotations.NullMarked;
