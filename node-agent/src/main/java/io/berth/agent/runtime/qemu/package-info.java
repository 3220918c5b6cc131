/**
 * Pods as virtual machines under QEMU. {@link io.berth.agent.runtime.qemu.QemuDriver} is the
 * entrance; the program inside the machines is in {@code src/main/guest}.
 */
@NullMarked
package io.berth.agent.runtime.qemu;

import org.jspecify.annotations.NullMarked;
