package io.berth.agent.runtime.qemu;

import io.berth.agent.runtime.RuntimeDriverException;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A tap for each machine with a network of its own: the node's end has its gateway's address. */
final class TestTaps implements TapPort {
  private static final AtomicInteger NEXT = new AtomicInteger(1);
  private final Map<String, Tap> taps = new ConcurrentHashMap<>();

  @Override
  public Tap attach(String id) {
    return taps.computeIfAbsent(id, i -> make());
  }

  private static Tap make() {
    int n = NEXT.getAndIncrement();
    while (taken("198.18.%d.1".formatted(n))) {
      n = NEXT.getAndIncrement();
    }
    String device = "bqt%d-%d".formatted(ProcessHandle.current().pid() % 100000, n);
    String net = "198.18.%d.".formatted(n);
    ip("tuntap", "add", "dev", device, "mode", "tap");
    ip("addr", "add", net + "1/24", "dev", device);
    ip("link", "set", device, "mtu", "1400", "up");
    String mac = "02:be:00:00:00:%02x".formatted(n);
    return new Tap(device, mac, net + "2", 24, net + "1", 1400);
  }

  /** Another run's, under way or killed: what is sent to its network would go there. */
  private static boolean taken(String address) {
    try {
      return NetworkInterface.networkInterfaces()
          .flatMap(NetworkInterface::inetAddresses)
          .anyMatch(a -> a.getHostAddress().equals(address));
    } catch (SocketException e) {
      throw new RuntimeDriverException("cannot list the network's interfaces", e);
    }
  }

  @Override
  public String device(String id) {
    Tap tap = taps.get(id);
    return tap == null ? "" : tap.device();
  }

  @Override
  public void release(String id) {
    Tap tap = taps.remove(id);
    if (tap != null) {
      ip("link", "delete", tap.device());
    }
  }

  void releaseAll() {
    taps.keySet().forEach(this::release);
  }

  private static void ip(String... arguments) {
    List<String> command =
        java.util.stream.Stream.concat(
                java.util.stream.Stream.of("ip"), java.util.Arrays.stream(arguments))
            .toList();
    HostTool.Result result = HostTool.run(command, Path.of("/"), Duration.ofSeconds(10));
    if (result.exitCode() != 0) {
      throw new RuntimeDriverException("ip failed: " + result.output());
    }
  }
}
