/** Steps that every write passes on its way to the store, each a rule across kinds. */
@NullMarked
package io.berth.apiserver.admission;

import org.jspecify.annotations.NullMarked;
