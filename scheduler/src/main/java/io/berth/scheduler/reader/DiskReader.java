package io.berth.scheduler.reader;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.scheduler.core.Disk;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the volume sources of Kubernetes' own that stand for disks. */
final class DiskReader {
  private DiskReader() {}

  /**
   * @param source a pod's volume, or a persistent volume's spec
   * @return null where it names no disk
   */
  static @Nullable Disk disk(JsonNode source) {
    for (var entry : source.properties()) {
      JsonNode of = entry.getValue();
      Disk disk =
          switch (entry.getKey()) {
            case "gcePersistentDisk" -> disk(Disk.GCE, of.path("pdName").asText(), of);
            case "awsElasticBlockStore" -> disk(Disk.AWS, last(of.path("volumeID").asText()), of);
            case "azureDisk" -> disk(Disk.AZURE, of.path("diskURI").asText(), of);
            case "cinder" -> disk(Disk.CINDER, of.path("volumeID").asText(), of);
            case "portworxVolume" -> disk(Disk.PORTWORX, of.path("volumeID").asText(), of);
            case "iscsi" -> disk(Disk.ISCSI, of.path("iqn").asText(), of);
            case "rbd" -> rbd(of);
            default -> null;
          };
      if (disk != null) {
        return disk;
      }
    }
    return null;
  }

  private static Disk disk(String plugin, String id, JsonNode source) {
    return new Disk(plugin, id, Set.of(), source.path("readOnly").asBoolean());
  }

  /** The cloud wrote {@code aws://zone/id} before it wrote {@code id}. */
  private static String last(String id) {
    return id.substring(id.lastIndexOf('/') + 1);
  }

  private static Disk rbd(JsonNode source) {
    Set<String> monitors = new HashSet<>();
    source.path("monitors").forEach(monitor -> monitors.add(monitor.asText()));
    String id = source.path("pool").asText("rbd") + "/" + source.path("image").asText();
    return new Disk(Disk.RBD, id, monitors, source.path("readOnly").asBoolean());
  }
}
