package io.berth.agent.runtime.qemu;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.codec.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of all machines: one directory each, sockets apart from them because of short paths.
 */
final class MachineDirectory {
  private static final Logger log = LoggerFactory.getLogger(MachineDirectory.class);

  private final Path machines;
  private final Path sockets;

  MachineDirectory(QemuConfig config) {
    machines = config.dataDirectory().resolve("vms");
    sockets = config.runDirectory();
  }

  /** Makes the directories, for root alone: what is in them can hold secrets. */
  void prepare() {
    try {
      for (Path directory : List.of(machines, sockets)) {
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
      }
    } catch (IOException e) {
      throw new RuntimeDriverException("cannot make " + machines + ": " + e.getMessage(), e);
    }
  }

  Path of(String id) {
    return machines.resolve(id);
  }

  Path console(String id) {
    return of(id).resolve("console.log");
  }

  /** What QEMU prints itself. */
  Path qemuOutput(String id) {
    return of(id).resolve("qemu.log");
  }

  Path scratch(String id) {
    return of(id).resolve("scratch.ext4");
  }

  /** A container's start request, kept until it is removed. */
  Path request(String id, String container) {
    return of(id).resolve(container + ".start");
  }

  Path agentSocket(String id) {
    return sockets.resolve(id + ".a");
  }

  Path qmpSocket(String id) {
    return sockets.resolve(id + ".q");
  }

  void save(MachineState state) {
    try {
      Files.createDirectories(of(state.id()));
      FileTrees.writeAtomically(
          of(state.id()).resolve("state.json"), Json.mapper().writeValueAsBytes(state));
    } catch (IOException e) {
      throw new RuntimeDriverException("cannot keep the machine's state: " + e.getMessage(), e);
    }
  }

  /** All machines that were kept; what cannot be read is logged and left alone. */
  List<MachineState> load() {
    List<MachineState> states = new ArrayList<>();
    try (Stream<Path> directories = Files.list(machines)) {
      for (Path directory : directories.sorted().toList()) {
        read(directory.resolve("state.json"), states);
      }
    } catch (IOException e) {
      throw new RuntimeDriverException("cannot read " + machines + ": " + e.getMessage(), e);
    }
    return states;
  }

  private static void read(Path file, List<MachineState> states) {
    try {
      JsonNode json = Json.parse(Files.readAllBytes(file));
      int version = json.path("version").asInt();
      if (version != MachineState.VERSION) {
        throw new IOException("it has format version " + version);
      }
      states.add(Json.mapper().treeToValue(json, MachineState.class));
    } catch (IOException | RuntimeException e) {
      log.error("machine left alone file={} reason={}", file, e.toString());
    }
  }

  /** Deletes what only a running machine needs. */
  void deleteRuntime(String id) {
    FileTrees.deleteQuietly(scratch(id));
    FileTrees.deleteQuietly(agentSocket(id));
    FileTrees.deleteQuietly(qmpSocket(id));
  }

  void delete(String id) {
    deleteRuntime(id);
    FileTrees.deleteQuietly(of(id));
  }

  /** The last lines that the guest's kernel and program wrote. */
  List<String> lastConsoleLines(String id, int most) {
    try (Stream<String> lines =
        new String(Files.readAllBytes(console(id)), StandardCharsets.ISO_8859_1).lines()) {
      List<String> all = lines.map(String::strip).filter(l -> !l.isEmpty()).toList();
      return all.subList(Math.max(0, all.size() - most), all.size());
    } catch (IOException e) {
      return List.of();
    }
  }
}
