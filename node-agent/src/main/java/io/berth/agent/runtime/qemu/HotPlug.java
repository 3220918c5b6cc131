package io.berth.agent.runtime.qemu;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.codec.Json;
import java.nio.file.Path;

/** Gives a running machine a further disk. */
final class HotPlug {
  private HotPlug() {}

  static void plug(Path qmpSocket, ImageDisks.Disk disk, int used, int spares) {
    if (used >= spares) {
      throw new RuntimeDriverException(
          "the machine has no place left for another image's disk; the pod has to be replaced");
    }
    ObjectNode file = Json.object().put("driver", "file").put("filename", disk.file().toString());
    file.put("read-only", true);
    ObjectNode node = Json.object().put("driver", "raw").put("node-name", disk.serial());
    node.put("read-only", true).set("file", file);
    ObjectNode device = Json.object().put("driver", "virtio-blk-pci").put("id", disk.serial());
    device.put("drive", disk.serial()).put("serial", disk.serial()).put("bus", "spare" + used);
    try (Qmp qmp = Qmp.open(qmpSocket)) {
      qmp.execute("blockdev-add", node);
      qmp.execute("device_add", device);
    }
  }
}
