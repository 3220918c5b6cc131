package io.berth.agent.runtime.qemu;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The command line of a machine: nothing but what the guest needs, since each device costs boot
 * time and attack surface.
 *
 * @param binary QEMU's program
 * @param name the machine's, for {@code ps}
 * @param imageDisks read-only root file systems
 * @param sparePorts places where further image disks can be plugged in while it runs
 * @param sandboxed whether QEMU gives up the system calls that it does not need
 */
record QemuCommand(
    String binary,
    String name,
    Accelerator accelerator,
    MachineSize size,
    Path kernel,
    Path initialRoot,
    Path console,
    Path qmpSocket,
    Path agentSocket,
    @Nullable Path scratch,
    List<ImageDisks.Disk> imageDisks,
    int sparePorts,
    TapPort.@Nullable Tap tap,
    boolean sandboxed) {
  /** The guest ends when its kernel panics, and the machine with it. */
  static final String KERNEL_ARGUMENTS = "console=ttyS0 quiet panic=-1 random.trust_cpu=on";

  /** The same for a QEMU, or a kernel, without system call filters. */
  QemuCommand unsandboxed() {
    return new QemuCommand(
        binary,
        name,
        accelerator,
        size,
        kernel,
        initialRoot,
        console,
        qmpSocket,
        agentSocket,
        scratch,
        imageDisks,
        sparePorts,
        tap,
        false);
  }

  List<String> arguments() {
    List<String> all = new ArrayList<>(List.of(binary, "-name", name));
    all.addAll(List.of("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"));
    all.addAll(List.of("-machine", "q35,smm=off,sata=off,usb=off,vmport=off,graphics=off"));
    all.addAll(accelerator.arguments());
    all.addAll(List.of("-smp", Integer.toString(size.processors())));
    all.addAll(List.of("-m", size.memoryMiB() + "M"));
    all.addAll(List.of("-kernel", kernel.toString(), "-initrd", initialRoot.toString()));
    all.addAll(List.of("-append", KERNEL_ARGUMENTS + accelerator.kernelArguments()));
    console(all);
    agentPort(all);
    disks(all);
    network(all);
    all.addAll(List.of("-object", "rng-random,id=entropy,filename=/dev/urandom"));
    all.addAll(List.of("-device", "virtio-rng-pci,rng=entropy"));
    if (sandboxed) {
      all.addAll(List.of("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny"));
    }
    return List.copyOf(all);
  }

  private void console(List<String> all) {
    all.addAll(List.of("-chardev", "file,id=console,path=" + escaped(console)));
    all.addAll(List.of("-serial", "chardev:console"));
    all.addAll(List.of("-chardev", "socket,id=qmp,server=on,wait=off,path=" + escaped(qmpSocket)));
    all.addAll(List.of("-mon", "chardev=qmp,mode=control"));
  }

  private void agentPort(List<String> all) {
    all.addAll(List.of("-device", "virtio-serial-pci,max_ports=2"));
    all.addAll(
        List.of("-chardev", "socket,id=agent,server=on,wait=off,path=" + escaped(agentSocket)));
    all.addAll(List.of("-device", "virtserialport,chardev=agent,name=io.berth.agent"));
  }

  /** The scratch disk dies with its pod, so that nothing on it needs to reach the platter. */
  private void disks(List<String> all) {
    if (scratch != null) {
      all.addAll(
          List.of(
              "-drive",
              "if=none,id=scratch,format=raw,cache=unsafe,discard=unmap,file=" + escaped(scratch)));
      all.addAll(List.of("-device", "virtio-blk-pci,drive=scratch,serial=scratch"));
    }
    for (ImageDisks.Disk disk : imageDisks) {
      all.addAll(
          List.of(
              "-drive",
              "if=none,format=raw,readonly=on,id=%s,file=%s"
                  .formatted(disk.serial(), escaped(disk.file()))));
      all.addAll(
          List.of(
              "-device",
              "virtio-blk-pci,drive=%s,serial=%s".formatted(disk.serial(), disk.serial())));
    }
    for (int i = 0; i < sparePorts; i++) {
      all.addAll(
          List.of(
              "-device", "pcie-root-port,id=spare%d,chassis=%d,slot=%d".formatted(i, i + 1, i)));
    }
  }

  private void network(List<String> all) {
    if (tap == null) {
      return;
    }
    all.addAll(List.of("-netdev", "tap,id=net,script=no,downscript=no,ifname=" + tap.device()));
    all.addAll(List.of("-device", "virtio-net-pci,netdev=net,romfile=,mac=" + tap.mac()));
  }

  /** In QEMU's option lists a comma is doubled. */
  private static String escaped(Path path) {
    return path.toString().replace(",", ",,");
  }
}
