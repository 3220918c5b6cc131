/** Control groups of the node: classes of service, pods, and what they use. */
@NullMarked
package io.berth.agent.cgroup;

import org.jspecify.annotations.NullMarked;
