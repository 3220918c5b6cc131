package io.berth.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.process.Command;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Volumes in real containers. */
@Tag("real")
@Timeout(180)
class VolumesRealTest {
  private static final String SLEEPER =
      "\"image\":\"IMAGE\",\"imagePullPolicy\":\"IfNotPresent\",\"command\":[\"sleep\",\"1000\"]";

  @SuppressWarnings("NullAway.Init")
  private static RealWorld world;

  @SuppressWarnings("NullAway.Init")
  private static Agent agent;

  @TempDir Path directory;

  @BeforeAll
  static void start() throws Exception {
    world = new RealWorld("volumes", "10.213.29.0/24");
    agent = world.agent();
    world.await("node", () -> world.api.find(Resources.NODES, "", RealWorld.NODE).isPresent());
  }

  @AfterAll
  static void stop() throws Exception {
    agent.pause();
    world.close();
  }

  private static void volume(String name, String spec) {
    world.put(
        Resources.PERSISTENT_VOLUMES,
        """
        {"metadata":{"name":"%1$s"},"spec":{"capacity":{"storage":"1Gi"},%2$s,
          "claimRef":{"namespace":"default","name":"%1$s","uid":"uid-%1$s"}}}\
        """
            .formatted(name, spec));
  }

  private static void claim(String name, String phase) {
    ObjectNode claim = Json.object();
    claim
        .putObject("metadata")
        .put("namespace", "default")
        .put("name", name)
        .put("uid", "uid-" + name);
    claim.putObject("spec").put("volumeName", name);
    claim.putObject("status").put("phase", phase);
    world.api.put(Resources.PERSISTENT_VOLUME_CLAIMS, claim);
  }

  private static String uses(String claim) {
    return "\"volumes\":[{\"name\":\"data\",\"persistentVolumeClaim\":{\"claimName\":\"%s\"}}]"
        .formatted(claim);
  }

  private static String mounted(String more) {
    return SLEEPER
        + ",\"volumeMounts\":[{\"name\":\"data\",\"mountPath\":\"/data\""
        + (more.isEmpty() ? "" : "," + more)
        + "}]";
  }

  private static String local(Path path, String mode) {
    return "\"accessModes\":[\"%s\"],\"local\":{\"path\":\"%s\"},%s"
        .formatted(
            mode,
            path,
            "\"nodeAffinity\":{\"required\":{\"nodeSelectorTerms\":[{\"matchExpressions\":"
                + "[{\"key\":\"kubernetes.io/hostname\",\"operator\":\"In\",\"values\":[\"node-1\"]}]}]}}");
  }

  @Test
  void aPodWaitsForItsClaimAndThenWritesToItsLocalVolume() throws Exception {
    Path root = directory.resolve("place");
    Path place = Files.createDirectories(root.resolve("below"));
    Files.writeString(place.resolve("old"), "old");
    world.pod("keeper", uses("disk") + ",\"securityContext\":{\"fsGroup\":4242}", mounted(""));
    String waits =
        "FailedMount: Unable to attach or mount volumes: unmounted volumes=[data], unattached"
            + " volumes=[], failed to process volumes=[data]: error processing PVC default/disk: ";
    world.await(
        "keeper",
        () ->
            world
                .events("keeper")
                .contains(
                    waits
                        + "failed to fetch PVC from API server: persistentvolumeclaims \"disk\" not"
                        + " found"));
    claim("disk", "Pending");
    world.await("keeper", () -> world.events("keeper").contains(waits + "PVC is not bound"));
    assertThat(world.waiting("keeper")).isEqualTo("ContainerCreating");
    volume("disk", local(root, "ReadWriteOnce"));
    claim("disk", "Bound");
    world.awaitRunning("keeper");
    assertThat(world.exec("keeper", "echo new >/data/new; cat /data/below/old; id -G"))
        .isEqualTo("old0 4242\n");
    assertThat(root.resolve("new")).hasContent("new\n");
    assertThat(Files.getAttribute(place.resolve("old"), "unix:gid")).isEqualTo(4242);
    assertThat((Integer) Files.getAttribute(place, "unix:mode") & 07777).isEqualTo(02775);
    assertThat(Files.getAttribute(root.resolve("new"), "unix:gid")).isEqualTo(4242);
    world.delete("keeper");
    assertThat(root.resolve("new")).exists();
  }

  @Test
  void whatIsWrongWithAVolumeIsSaid() throws Exception {
    volume("nowhere", local(Path.of("/nowhere/at/all"), "ReadWriteOnce"));
    volume("other", local(directory, "ReadWriteOnce").replace("node-1", "node-2"));
    volume("nfs", "\"accessModes\":[\"ReadWriteMany\"],\"nfs\":{\"server\":\"s\",\"path\":\"/\"}");
    volume("raw", "\"volumeMode\":\"Block\"," + local(directory, "ReadWriteOnce"));
    for (String name : List.of("nowhere", "other", "nfs", "raw")) {
      claim(name, "Bound");
      world.pod(name, uses(name), mounted(""));
    }
    expect(
        "nowhere",
        "MountVolume.NewMounter initialization failed for volume \"nowhere\" : path"
            + " \"/nowhere/at/all\" does not exist");
    expect(
        "other",
        "MountVolume.NodeAffinity check failed for volume \"other\" : no matching"
            + " NodeSelectorTerms");
    expect(
        "nfs",
        "failed to get Plugin from volumeSpec for volume \"nfs\" err=no volume plugin matched");
    expect(
        "raw",
        "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed"
            + " to process volumes=[data]: error processing PVC default/raw: volume data has"
            + " volumeMode Block, but is specified in volumeMounts");
  }

  private static void expect(String pod, String message) {
    world.await(pod, () -> world.events(pod).contains("FailedMount: " + message));
    world.delete(pod);
  }

  @Test
  void aVolumeForOnePodIsGivenToTheNextWhenTheFirstHasEnded() throws Exception {
    volume("single", local(directory, "ReadWriteOncePod"));
    claim("single", "Bound");
    world.pod("first", uses("single") + ",\"restartPolicy\":\"Never\"", mounted(""));
    world.awaitRunning("first");
    world.pod("second", uses("single"), mounted(""));
    world.await(
        "second",
        () ->
            world
                .events("second")
                .contains(
                    "FailedMount: MountVolume.SetUp failed for volume \"single\" : volume uses the"
                        + " ReadWriteOncePod access mode and is already in use by another pod"));
    world.node.driver.stopContainer(
        world.container("first").path("containerID").asText().replaceFirst(".*://", ""),
        java.time.Duration.ZERO);
    world.awaitRunning("second");
    world.delete("first");
    world.delete("second");
  }

  @Test
  void aBlockDeviceIsADeviceInTheContainer() throws Exception {
    Path file = directory.resolve("disk");
    Files.write(file, new byte[1 << 20]);
    Command command = new Command(world.node.environment);
    String device = command.run("losetup", "--find", "--show", file.toString()).strip();
    try {
      volume("block", "\"volumeMode\":\"Block\"," + local(Path.of(device), "ReadWriteOnce"));
      claim("block", "Bound");
      world.pod(
          "block",
          uses("block"),
          SLEEPER + ",\"volumeDevices\":[{\"name\":\"data\",\"devicePath\":\"/dev/xvda\"}]");
      world.awaitRunning("block");
      assertThat(
              world.exec(
                  "block", "echo written | dd of=/dev/xvda 2>/dev/null; sync; ls -l /dev/xvda"))
          .startsWith("b");
      command.run("sync");
      assertThat(command.run("head", "-c", "8", device)).isEqualTo("written\n");
      world.delete("block");
    } finally {
      command.run("losetup", "--detach", device);
    }
  }

  @Test
  void partsOfVolumesAreMadeAndNoLinkLeadsOut() throws Exception {
    Files.createSymbolicLink(directory.resolve("out"), Path.of("/etc"));
    Files.createSymbolicLink(directory.resolve("up"), Path.of("../.."));
    Files.createDirectories(directory.resolve("real"));
    Files.createSymbolicLink(directory.resolve("inside"), Path.of("real"));
    String host = "\"volumes\":[{\"name\":\"data\",\"hostPath\":{\"path\":\"" + directory + "\"}}]";
    world.pod("part", host, mounted("\"subPath\":\"inside/a/b\""));
    world.awaitRunning("part");
    world.exec("part", "echo here >/data/file");
    assertThat(directory.resolve("real/a/b/file")).hasContent("here\n");
    world.delete("part");
    assertThat(directory.resolve("real/a/b/file")).hasContent("here\n");

    for (String escape : List.of("out", "up", "out/deep", "inside/../up")) {
      String pod = "escape-" + escape.replaceAll("[^a-z]+", "-");
      world.pod(pod, host, mounted("\"subPath\":\"" + escape + "\""));
      world.await(pod, () -> world.waiting(pod).equals("CreateContainerConfigError"));
      String message = world.container(pod).at("/state/waiting/message").asText();
      assertThat(message)
          .isIn(
              "failed to prepare subPath for volumeMount \"data\" of container \"main\"",
              "unable to provision SubPath `inside/../up`: must not contain '..'");
      world.delete(pod);
    }
    assertThat(Path.of("/etc/deep")).doesNotExist();
  }

  @Test
  void anExpressionMakesAPartOfItsOwnForEachPod() throws Exception {
    String host = "\"volumes\":[{\"name\":\"data\",\"hostPath\":{\"path\":\"" + directory + "\"}}]";
    String env =
        ",\"env\":[{\"name\":\"POD\",\"valueFrom\":{\"fieldRef\":{\"fieldPath\":\"metadata.name\"}}}]";
    world.pod("expressed", host, mounted("\"subPathExpr\":\"logs/$(POD)\"") + env);
    world.awaitRunning("expressed");
    world.exec("expressed", "echo x >/data/y");
    assertThat(directory.resolve("logs/expressed/y")).exists();
    world.delete("expressed");
    world.pod("unknown", host, mounted("\"subPathExpr\":\"$(NONE)\""));
    world.await("unknown", () -> world.waiting("unknown").equals("CreateContainerConfigError"));
    assertThat(world.container("unknown").at("/state/waiting/message").asText())
        .isEqualTo("missing value for \"NONE\"");
    world.delete("unknown");
  }

  @Test
  void filesFollowTheirObjectsButPartsOfThemDoNot() throws Exception {
    settings("1");
    world.pod(
        "follower",
        """
        "volumes":[{"name":"all","projected":{"sources":[
            {"configMap":{"name":"settings"}},{"secret":{"name":"later","optional":true}}]}}]\
        """,
        SLEEPER
            + """
            ,"volumeMounts":[{"name":"all","mountPath":"/all"},
                             {"name":"all","mountPath":"/one","subPath":"level"}]\
            """);
    world.awaitRunning("follower");
    assertThat(world.exec("follower", "cat /all/level /one; ls /all")).isEqualTo("11level\n");
    settings("2");
    world.put(
        Resources.SECRETS,
        "{\"metadata\":{\"namespace\":\"default\",\"name\":\"later\"},\"data\":{\"pin\":\"MTIzNA==\"}}");
    world.await(
        "follower",
        () -> {
          try {
            return world.exec("follower", "cat /all/level /all/pin /one").equals("212341");
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
    world.delete("follower");
  }

  private static void settings(String level) {
    world.put(
        Resources.CONFIG_MAPS,
        "{\"metadata\":{\"namespace\":\"default\",\"name\":\"settings\"},\"data\":{\"level\":\"%s\"}}"
            .formatted(level));
  }

  @Test
  void laterMountsOfTheNodeAreSeenWhereThePodAsks() throws Exception {
    Command command = new Command(world.node.environment);
    String place = Files.createDirectories(directory.resolve("shared")).toString();
    command.run("mount", "-t", "tmpfs", "tmpfs", place);
    try {
      command.run("mount", "--make-shared", place);
      Files.createDirectories(Path.of(place, "later"));
      String host = "\"volumes\":[{\"name\":\"data\",\"hostPath\":{\"path\":\"" + place + "\"}}]";
      world.pod("seeing", host, mounted("\"mountPropagation\":\"HostToContainer\""));
      world.pod("blind", host, mounted(""));
      world.pod(
          "making",
          host,
          mounted("\"mountPropagation\":\"Bidirectional\"")
              + ",\"securityContext\":{\"privileged\":true}");
      for (String pod : List.of("seeing", "blind", "making")) {
        world.awaitRunning(pod);
      }
      world.exec("making", "mount -t tmpfs none /data/later && touch /data/later/there");
      assertThat(world.exec("seeing", "ls /data/later")).isEqualTo("there\n");
      assertThat(world.exec("blind", "ls /data/later")).isEmpty();
      assertThat(Path.of(place, "later/there")).exists();
      for (String pod : List.of("seeing", "blind", "making")) {
        world.delete(pod);
      }
    } finally {
      command.attempt("umount", "-R", place);
    }
  }
}
