/** The node's images: references, archives, and the store that containerd keeps. */
@NullMarked
package io.berth.agent.images;

import org.jspecify.annotations.NullMarked;
