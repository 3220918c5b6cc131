package io.berth.agent.runtime.qemu;

import java.util.List;

/** How QEMU runs a guest's instructions. */
enum Accelerator {
  /** The processor's own virtualisation. */
  KVM,
  /** Translation. */
  TCG;

  /**
   * On a busy node a translated guest's timer check fails, and its time stamp counter is measured
   * wrongly, so that its clock ran five times too fast: it takes QEMU's HPET instead.
   */
  String kernelArguments() {
    return this == KVM ? "" : " no_timer_check tsc=unstable";
  }

  /**
   * With translation, the memory for translated code is bounded, or each machine would take up to
   * half a gigabyte more; the processor shows all that QEMU can do, as today's distributions need
   * it.
   */
  List<String> arguments() {
    return switch (this) {
      case KVM -> List.of("-accel", "kvm", "-cpu", "host");
      case TCG -> List.of("-accel", "tcg,thread=multi,tb-size=64", "-cpu", "max");
    };
  }
}
