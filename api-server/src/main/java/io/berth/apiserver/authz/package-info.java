/** Who may do what: rules for Berth's own components until RBAC adds its own. */
@NullMarked
package io.berth.apiserver.authz;

import org.jspecify.annotations.NullMarked;
