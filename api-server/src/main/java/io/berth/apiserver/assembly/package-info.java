/** The API server put together; read it from top to bottom. */
@NullMarked
package io.berth.apiserver.assembly;

import org.jspecify.annotations.NullMarked;
