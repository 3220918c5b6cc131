package io.berth.scheduler.reader;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.scheduler.core.ClaimName;
import io.berth.scheduler.core.Disk;
import io.berth.scheduler.core.Obstacles;
import io.berth.scheduler.core.PodDetails;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.PodVolumes;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.core.SpreadConstraint;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Turns pods of the API into the scheduler's records; pods that are alike share one shape. Safe for
 * use by many threads.
 */
public final class PodReader {
  /** Where a pod's annotation says which GPUs of its node it has: numbers with commas between. */
  public static final String DEVICES = "berth.io/gpu-devices";

  private static final int REMEMBERED = 10_000;

  private final ShapeReader shapes;
  private final Map<PodShape, PodShape> known = new ConcurrentHashMap<>();

  /**
   * @param defaultSpread constraints for pods that have none, by scheduler name
   */
  public PodReader(ResourceIndex resources, Map<String, List<SpreadConstraint>> defaultSpread) {
    this.shapes = new ShapeReader(new Amounts(resources), defaultSpread);
  }

  public PodRecord read(ApiObject pod) {
    JsonNode tree = pod.treeWithoutOwners();
    JsonNode spec = tree.path("spec");
    PodShape shape = shapes.read(pod.key().namespace(), pod.header().labels(), spec);
    return new PodRecord(
        pod.key().name(),
        pod.header().uid(),
        same(shape),
        spec.path("priority").asInt(0),
        spec.path("nodeName").asText(""),
        details(pod, tree));
  }

  private PodShape same(PodShape shape) {
    if (known.size() > REMEMBERED) {
      known.clear();
    }
    PodShape before = known.putIfAbsent(shape, shape);
    return before == null ? shape : before;
  }

  private static PodDetails details(ApiObject pod, JsonNode tree) {
    JsonNode spec = tree.path("spec");
    JsonNode status = tree.path("status");
    return new PodDetails(
        spec.path("schedulerName").asText(""),
        !spec.path("preemptionPolicy").asText().equals("Never"),
        pod.header().deleting(),
        millis(status.path("startTime").asText("")),
        status.path("nominatedNodeName").asText(""),
        spec.path("schedulingGroup").path("podGroupName").asText(""),
        devices(tree.path("metadata").path("annotations").path(DEVICES).asText("")),
        volumes(pod.key().name(), spec.path("volumes")),
        obstacles(spec));
  }

  private static Obstacles obstacles(JsonNode spec) {
    JsonNode gated = spec.path("schedulingGates");
    List<String> claims =
        spec.path("resourceClaims").isEmpty() ? List.of() : List.of("spec.resourceClaims");
    if (gated.isEmpty() && claims.isEmpty()) {
      return Obstacles.NONE;
    }
    List<String> gates = new ArrayList<>();
    gated.forEach(gate -> gates.add(gate.path("name").asText()));
    return new Obstacles(gates, claims);
  }

  private static long millis(String time) {
    try {
      return time.isEmpty() ? 0 : Instant.parse(time).toEpochMilli();
    } catch (DateTimeParseException e) {
      return 0;
    }
  }

  /** What cannot be read is not ours: the pod has no GPUs by number then. */
  private static List<Integer> devices(String annotation) {
    List<Integer> devices = new ArrayList<>();
    for (String part : annotation.split(",", -1)) {
      if (part.isEmpty() || part.length() > 4 || !part.chars().allMatch(Character::isDigit)) {
        return List.of();
      }
      devices.add(Integer.valueOf(part));
    }
    return devices;
  }

  private static PodVolumes volumes(String pod, JsonNode volumes) {
    List<ClaimName> claims = new ArrayList<>();
    List<Disk> disks = new ArrayList<>();
    for (JsonNode volume : volumes) {
      if (volume.has("persistentVolumeClaim")) {
        String name = volume.path("persistentVolumeClaim").path("claimName").asText();
        claims.add(new ClaimName(name, false));
      } else if (volume.has("ephemeral")) {
        claims.add(new ClaimName(pod + "-" + volume.path("name").asText(), true));
      } else {
        Disk disk = DiskReader.disk(volume);
        if (disk != null) {
          disks.add(disk);
        }
      }
    }
    return claims.isEmpty() && disks.isEmpty() ? PodVolumes.NONE : new PodVolumes(claims, disks);
  }
}
