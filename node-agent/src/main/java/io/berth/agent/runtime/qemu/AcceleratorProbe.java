package io.berth.agent.runtime.qemu;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.codec.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out whether KVM works, by booting a guest with it: a device and a QEMU that both say yes
 * may still hang or abort. The answer is kept until the node boots again or QEMU changes. Until it
 * is known, machines are translated.
 */
final class AcceleratorProbe {
  private static final Logger log = LoggerFactory.getLogger(AcceleratorProbe.class);
  private static final Duration BOOTS_WITHIN = Duration.ofSeconds(4);
  private static final String MARKER = "guest program started";

  private final QemuConfig config;
  private final Path answer;
  private volatile Accelerator accelerator = Accelerator.TCG;

  AcceleratorProbe(QemuConfig config) {
    this.config = config;
    this.answer = config.dataDirectory().resolve("accelerator.json");
  }

  Accelerator accelerator() {
    return accelerator;
  }

  /** Looks up the answer or tries; blocks up to four seconds. */
  void run(GuestKernel kernel, Path initialRoot, String qemuVersion) {
    String key = bootId() + " " + qemuVersion + " " + kernel.version();
    try {
      accelerator = remembered(key);
    } catch (IOException | RuntimeException e) {
      accelerator = boots(kernel, initialRoot) ? Accelerator.KVM : Accelerator.TCG;
      remember(key);
    }
    log.info("accelerator chosen name={} qemu={}", accelerator, qemuVersion);
  }

  private Accelerator remembered(String key) throws IOException {
    JsonNode known = Json.parse(Files.readAllBytes(answer));
    if (!known.path("for").asText().equals(key)) {
      throw new IOException("the answer is for another boot");
    }
    return Accelerator.valueOf(known.path("accelerator").asText());
  }

  private void remember(String key) {
    try {
      FileTrees.writeAtomically(
          answer, Json.bytes(Json.object().put("for", key).put("accelerator", accelerator.name())));
    } catch (IOException e) {
      log.warn("cannot keep the accelerator reason={}", e.toString());
    }
  }

  private boolean boots(GuestKernel kernel, Path initialRoot) {
    if (!Files.isReadable(Path.of("/dev/kvm"))) {
      return false;
    }
    Path console = config.dataDirectory().resolve("probe-console.log");
    List<String> command = new ArrayList<>(List.of(config.binary(), "-nodefaults"));
    command.addAll(List.of("-no-user-config", "-display", "none", "-no-reboot", "-M", "q35"));
    command.addAll(Accelerator.KVM.arguments());
    command.addAll(List.of("-m", "128M", "-kernel", kernel.image().toString()));
    command.addAll(List.of("-initrd", initialRoot.toString()));
    command.addAll(List.of("-append", QemuCommand.KERNEL_ARGUMENTS + " berth_probe=1"));
    command.addAll(List.of("-serial", "file:" + console));
    try {
      Files.deleteIfExists(console);
      HostTool.run(command, config.dataDirectory(), BOOTS_WITHIN);
      return Files.readString(console).contains(MARKER);
    } catch (RuntimeDriverException | IOException e) {
      log.info("kvm does not boot a guest here reason={}", e.getMessage());
      return false;
    } finally {
      FileTrees.deleteQuietly(console);
    }
  }

  private static String bootId() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    } catch (IOException e) {
      return "unknown";
    }
  }
}
