/** The node agent: runs the pods that are bound to its node, and tells the API how they do. */
@NullMarked
package io.berth.agent;

import org.jspecify.annotations.NullMarked;
