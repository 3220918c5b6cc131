package io.berth.agent.network;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.process.Command;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.codec.Json;
import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's network for pods: one bridge, which the runtime puts containers on through CNI and
 * this class puts machines on, with addresses from one pool. Everything is idempotent: a new agent
 * calls {@link #start} and finds what an old one made, workloads undisturbed.
 */
public final class PodNetwork implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PodNetwork.class);
  private static final Duration RECHECK = Duration.ofSeconds(30);
  private static final Duration PLUGIN_LIMIT = Duration.ofSeconds(20);

  private final Environment environment;
  private final Command command;
  private final NetworkConfig config;
  private final Path plugins;
  private final Object lock = new Object();
  private Timers.@Nullable Cancellable recheck;
  private boolean closed;

  /**
   * @param nodeName all names of links and tables derive from it
   * @param podCidr this node's addresses, such as {@code 10.244.0.0/24}
   * @param clusterCidr all nodes' addresses; the same on a single node
   * @param directory configuration and given addresses are kept below it
   * @param plugins directory with the CNI plugins
   */
  public PodNetwork(
      Environment environment,
      String nodeName,
      String podCidr,
      String clusterCidr,
      Path directory,
      Path plugins) {
    this.environment = environment;
    this.command = new Command(environment);
    this.plugins = plugins;
    this.config =
        new NetworkConfig(
            nodeName,
            Subnet.parse(podCidr),
            Subnet.parse(clusterCidr).cidr(),
            directory.toAbsolutePath(),
            Machine.defaultRouteMtu());
  }

  /** Where the runtime finds the network's configuration. */
  public Path cniConfigurations() {
    return config.directory().resolve("cni");
  }

  /** Where the runtime finds the plugins. */
  public Path cniPlugins() {
    return plugins;
  }

  /** The bridge's name. */
  public String bridge() {
    return config.bridge();
  }

  /** The bridge's address, which pods know as their gateway and reach the node by. */
  public String gateway() {
    return config.subnet().gateway();
  }

  /**
   * Writes the configuration, makes the bridge and the rules, and looks after them from then on.
   *
   * @throws RuntimeDriverException a tool is missing or refused; the message says which
   */
  public void start() {
    try {
      Files.createDirectories(cniConfigurations());
      Files.createDirectories(taps());
      write(cniConfigurations().resolve("10-berth.conflist"), config.conflist());
      Machine.enableForwarding();
      ensureBridge();
      command.run(List.of("nft", "-f", "-"), config.ruleset());
      acceptForwarded();
    } catch (IOException | Command.FailedException e) {
      throw new RuntimeDriverException("the pod network cannot be set up: " + e.getMessage(), e);
    }
    log.info("pod network bridge={} subnet={}", bridge(), config.subnet().cidr());
    scheduleRecheck();
  }

  /**
   * Gives a machine a tap on the bridge and an address. The same id gets the same again.
   *
   * @param id such as the pod's uid
   */
  public TapPort attachTap(String id) {
    Path file = taps().resolve(config.tap(id) + ".json");
    try {
      TapPort port = Files.exists(file) ? read(file) : allocate(id);
      write(file, Json.mapper().valueToTree(port));
      ensureTap(port);
      return port;
    } catch (IOException | Command.FailedException e) {
      throw new RuntimeDriverException("no network for the machine: " + e.getMessage(), e);
    }
  }

  /** The name of a machine's tap, there or not. */
  public String tap(String id) {
    return config.tap(id);
  }

  /** Takes a machine's tap and address back. Idempotent. */
  public void release(String id) {
    try {
      String tap = config.tap(id);
      if (Machine.hasLink(tap)) {
        command.run("ip", "link", "delete", "dev", tap);
      }
      ipam("DEL", id);
      Files.deleteIfExists(taps().resolve(tap + ".json"));
    } catch (IOException | Command.FailedException e) {
      throw new RuntimeDriverException("cannot release the network: " + e.getMessage(), e);
    }
  }

  /** Stops looking after the network; it stays for the workloads. */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      if (recheck != null) {
        recheck.cancel();
      }
    }
  }

  /** Takes everything away: bridge, rules, taps. For when no workload is left. Idempotent. */
  public void remove() {
    close();
    command.attempt(List.of("nft", "-f", "-"), config.removal(), Map.of(), PLUGIN_LIMIT);
    forwardingRules("-D");
    for (String link : Machine.links()) {
      if (Files.exists(taps().resolve(link + ".json"))) {
        command.attempt("ip", "link", "delete", "dev", link);
      }
    }
    if (Machine.hasLink(bridge())) {
      command.attempt("ip", "link", "delete", "dev", bridge());
    }
    log.info("removed pod network bridge={}", bridge());
  }

  private TapPort allocate(String id) throws IOException {
    // An address that a crash left without our note is given back first.
    ipam("DEL", id);
    JsonNode address = ipam("ADD", id).path("ips").path(0);
    String[] parts = address.path("address").asText().split("/", -1);
    return new TapPort(
        config.tap(id),
        Subnet.macOf(parts[0]),
        parts[0],
        Integer.parseInt(parts[1]),
        config.subnet().gateway(),
        config.mtu());
  }

  private JsonNode ipam(String verb, String id) throws IOException {
    Command.Result result =
        command.attempt(
            List.of(plugins.resolve("host-local").toString()),
            new String(Json.bytes(config.ipamCall()), StandardCharsets.UTF_8),
            Map.of(
                "CNI_COMMAND",
                verb,
                "CNI_CONTAINERID",
                "vm-" + config.tap(id),
                "CNI_IFNAME",
                "eth0",
                "CNI_NETNS",
                "/proc/self/ns/net",
                "CNI_PATH",
                plugins.toString()),
            PLUGIN_LIMIT);
    byte[] output = result.stdout().getBytes(StandardCharsets.UTF_8);
    if (!result.succeeded()) {
      throw new IOException("host-local " + verb + ": " + result.complaint());
    }
    return output.length == 0 ? Json.object() : Json.parse(output);
  }

  private void ensureBridge() {
    String bridge = bridge();
    if (!Machine.hasLink(bridge)) {
      // With an address of its own the bridge's does not change with its first port's.
      command.run(
          "ip",
          "link",
          "add",
          "name",
          bridge,
          "address",
          Subnet.macOf(gateway()),
          "type",
          "bridge");
    }
    String address = gateway() + "/" + config.subnet().prefixLength();
    command.run("ip", "addr", "replace", address, "dev", bridge);
    command.run("ip", "link", "set", "dev", bridge, "mtu", Integer.toString(config.mtu()), "up");
    if (Machine.ensureBridgeFilter(command)) {
      // Answers between two pods must pass connection tracking, or a Service's are not undone, and
      // what policies forbid must not pass by.
      for (String call : List.of("nf_call_iptables", "nf_call_ip6tables")) {
        command.run("ip", "link", "set", "dev", bridge, "type", "bridge", call, "1");
      }
    }
  }

  private void ensureTap(TapPort port) {
    String tap = port.device();
    if (!Machine.hasLink(tap)) {
      command.run("ip", "tuntap", "add", "dev", tap, "mode", "tap");
    }
    String mtu = Integer.toString(port.mtu());
    command.run("ip", "link", "set", "dev", tap, "mtu", mtu, "master", bridge(), "up");
    command.run("ip", "link", "set", "dev", tap, "type", "bridge_slave", "hairpin", "on");
  }

  /** Where the machine drops what it forwards, as Docker has it, our pods' traffic is accepted. */
  private void acceptForwarded() {
    if (!Command.exists("iptables")) {
      return;
    }
    if (command.attempt("iptables", "-w", "-S", "FORWARD").stdout().contains("-P FORWARD DROP")) {
      forwardingRules("-I");
    }
  }

  private void forwardingRules(String verb) {
    if (!Command.exists("iptables")) {
      return;
    }
    for (String side : List.of("-i", "-o")) {
      boolean there =
          command
              .attempt("iptables", "-w", "-C", "FORWARD", side, bridge(), "-j", "ACCEPT")
              .succeeded();
      if (there != verb.equals("-I")) {
        command.attempt("iptables", "-w", verb, "FORWARD", side, bridge(), "-j", "ACCEPT");
      }
    }
  }

  /** Docker may have been started, or somebody may have flushed the rules, since. */
  private void recheck() {
    try {
      ensureBridge();
      if (!command.attempt("nft", "list", "table", "ip", config.table()).succeeded()) {
        command.run(List.of("nft", "-f", "-"), config.ruleset());
      }
      acceptForwarded();
    } catch (Command.FailedException e) {
      log.warn("pod network error={}", e.getMessage());
    }
    scheduleRecheck();
  }

  private void scheduleRecheck() {
    synchronized (lock) {
      if (!closed) {
        recheck = environment.timers().after(RECHECK, this::recheck);
      }
    }
  }

  private Path taps() {
    return config.directory().resolve("taps");
  }

  private static TapPort read(Path file) throws IOException {
    return Json.mapper().readValue(Files.readAllBytes(file), TapPort.class);
  }

  private static void write(Path file, JsonNode json) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".new");
    Files.write(next, Json.bytes(json));
    Files.move(next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }
}
