/** Logs and sessions: subresources of pods that are relayed to the agent of the pod's node. */
@NullMarked
package io.berth.apiserver.streaming;

import org.jspecify.annotations.NullMarked;
