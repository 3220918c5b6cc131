/** Requests for certificates: approved where they are a node's, signed where they are approved. */
@NullMarked
package io.berth.controllers.certificates;

import org.jspecify.annotations.NullMarked;
