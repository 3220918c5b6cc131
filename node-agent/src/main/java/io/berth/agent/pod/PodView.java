package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.network.HostPort;
import io.berth.agent.pod.ContainerDef.Kind;
import io.berth.api.object.ApiObject;
import io.berth.api.object.QosClass;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A pod as the API has it, read once and looked at from many sides. Immutable. */
public final class PodView {
  private static final long DEFAULT_GRACE_SECONDS = 30;

  private final ApiObject object;
  private final JsonNode tree;
  private final PodId id;
  private final List<ContainerDef> init;
  private final List<ContainerDef> main;
  private final List<ContainerDef> ephemeral;

  public PodView(ApiObject object) {
    this.object = object;
    this.tree = object.tree();
    this.id = PodId.of(object);
    this.init = containers(Kind.INIT);
    this.main = containers(Kind.MAIN);
    this.ephemeral = containers(Kind.EPHEMERAL);
  }

  private List<ContainerDef> containers(Kind kind) {
    List<ContainerDef> found = new ArrayList<>();
    for (JsonNode json : spec().path(kind.field())) {
      found.add(new ContainerDef(json.path("name").asText(), kind, found.size(), json));
    }
    return List.copyOf(found);
  }

  public ApiObject object() {
    return object;
  }

  public PodId id() {
    return id;
  }

  public JsonNode tree() {
    return tree;
  }

  public JsonNode metadata() {
    return tree.path("metadata");
  }

  public JsonNode spec() {
    return tree.path("spec");
  }

  public JsonNode status() {
    return tree.path("status");
  }

  public List<ContainerDef> init() {
    return init;
  }

  public List<ContainerDef> main() {
    return main;
  }

  /** Those that were added while it ran. */
  public List<ContainerDef> ephemeral() {
    return ephemeral;
  }

  /** Those that the pod was made with, init containers first. */
  public List<ContainerDef> all() {
    List<ContainerDef> all = new ArrayList<>(init);
    all.addAll(main);
    return all;
  }

  /** All that there are now, ephemeral ones last. */
  public List<ContainerDef> every() {
    List<ContainerDef> every = all();
    every.addAll(ephemeral);
    return every;
  }

  public Optional<ContainerDef> container(String name) {
    return every().stream().filter(def -> def.name().equals(name)).findFirst();
  }

  public String restartPolicy() {
    return spec().path("restartPolicy").asText("Always");
  }

  /**
   * Whether a container that ended with this code is to run again: by the first of its own rules
   * that fits, else by its own policy, else by the pod's.
   */
  public boolean restarts(ContainerDef def, int exitCode) {
    if (def.sidecar() || def.ephemeral()) {
      return def.sidecar();
    }
    String own = def.restartPolicy();
    if (!own.isEmpty() && def.restartRuleFits(exitCode) && !(def.init() && exitCode == 0)) {
      return true;
    }
    return switch (own.isEmpty() ? restartPolicy() : own) {
      case "Never" -> false;
      case "OnFailure" -> exitCode != 0;
      default -> !def.init() || exitCode != 0;
    };
  }

  public boolean deleting() {
    return object.header().deleting();
  }

  /** Grace of the deletion under way, else of a deletion that gives none. */
  public long graceSeconds() {
    JsonNode deletion = metadata().path("deletionGracePeriodSeconds");
    if (deleting() && deletion.isNumber()) {
      return deletion.asLong();
    }
    return spec().path("terminationGracePeriodSeconds").asLong(DEFAULT_GRACE_SECONDS);
  }

  public boolean hostNetwork() {
    return spec().path("hostNetwork").asBoolean();
  }

  /** The ports of the node that are to lead to it, or that it takes with the node's network. */
  public Set<HostPort> hostPorts() {
    Set<HostPort> ports = new LinkedHashSet<>();
    for (ContainerDef def : all()) {
      for (JsonNode json : def.json().path("ports")) {
        String address = json.path("hostIP").asText();
        boolean any = address.equals("0.0.0.0") || address.equals("::");
        HostPort port =
            new HostPort(
                json.path("protocol").asText("TCP"),
                any ? "" : address,
                json.path("hostPort").asInt(),
                json.path("containerPort").asInt());
        if (port.port() != 0) {
          ports.add(port);
        }
      }
    }
    return ports;
  }

  /** Its class of service, which never changes. */
  public QosClass qos() {
    return QosClass.of(spec());
  }

  public String runtimeClass() {
    return spec().path("runtimeClassName").asText();
  }

  /** Whether the API has it as ended. */
  public boolean terminal() {
    String phase = status().path("phase").asText();
    return phase.equals("Succeeded") || phase.equals("Failed");
  }

  @Override
  public String toString() {
    return id.toString();
  }
}
