package io.berth.agent.runtime.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class QemuCommandTest {
  private static QemuCommand command(Accelerator accelerator) {
    return new QemuCommand(
        "qemu-system-x86_64",
        "berth-default-web",
        accelerator,
        new MachineSize(2, 320),
        Path.of("/k/vmlinuz"),
        Path.of("/k/guest.cpio"),
        Path.of("/vm/con,sole"),
        Path.of("/run/q"),
        Path.of("/run/a"),
        Path.of("/vm/scratch"),
        List.of(new ImageDisks.Disk("img-1", Path.of("/disks/1.ext4"))),
        1,
        new TapPort.Tap("tap0", "02:00:00:00:00:01", "10.0.0.2", 24, "10.0.0.1", 1450),
        true);
  }

  @Test
  void aMachineHasWhatItNeedsAndNothingElse() {
    assertThat(String.join(" ", command(Accelerator.TCG).arguments()))
        .isEqualTo(
            """
            qemu-system-x86_64 -name berth-default-web -nodefaults -no-user-config -display none \
            -no-reboot -machine q35,smm=off,sata=off,usb=off,vmport=off,graphics=off \
            -accel tcg,thread=multi,tb-size=64 -cpu max -smp 2 -m 320M -kernel /k/vmlinuz \
            -initrd /k/guest.cpio -append console=ttyS0 quiet panic=-1 random.trust_cpu=on no_timer_check tsc=unstable \
            -chardev file,id=console,path=/vm/con,,sole -serial chardev:console \
            -chardev socket,id=qmp,server=on,wait=off,path=/run/q -mon chardev=qmp,mode=control \
            -device virtio-serial-pci,max_ports=2 \
            -chardev socket,id=agent,server=on,wait=off,path=/run/a \
            -device virtserialport,chardev=agent,name=io.berth.agent \
            -drive if=none,id=scratch,format=raw,cache=unsafe,discard=unmap,file=/vm/scratch \
            -device virtio-blk-pci,drive=scratch,serial=scratch \
            -drive if=none,format=raw,readonly=on,id=img-1,file=/disks/1.ext4 \
            -device virtio-blk-pci,drive=img-1,serial=img-1 \
            -device pcie-root-port,id=spare0,chassis=1,slot=0 \
            -netdev tap,id=net,script=no,downscript=no,ifname=tap0 \
            -device virtio-net-pci,netdev=net,romfile=,mac=02:00:00:00:00:01 \
            -object rng-random,id=entropy,filename=/dev/urandom \
            -device virtio-rng-pci,rng=entropy \
            -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny""");
  }

  @Test
  void kvmShowsTheHostsProcessor() {
    assertThat(command(Accelerator.KVM).arguments())
        .containsSequence("-accel", "kvm", "-cpu", "host");
    assertThat(command(Accelerator.KVM).unsandboxed().arguments()).doesNotContain("-sandbox");
  }
}
