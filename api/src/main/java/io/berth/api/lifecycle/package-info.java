/** Starting and stopping what a process is made of. */
@NullMarked
package io.berth.api.lifecycle;

import org.jspecify.annotations.NullMarked;
