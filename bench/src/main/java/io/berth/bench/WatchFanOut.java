package io.berth.bench;

import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Transport;
import io.berth.client.ApiClient;
import io.berth.client.ListOptions;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Many watches on the same pods: how long a write takes to reach all of them, and what it costs a
 * delivered event.
 */
final class WatchFanOut {
  private static final int WRITES = 500;
  private static final Pattern NAME = Pattern.compile("\"name\":\"(fan-\\d+)\"");

  private final ApiClient client;
  private final Environment environment;
  private final Bench.Options options;
  private final String namespace;
  private final Map<String, Long> sentNanos = new ConcurrentHashMap<>();
  private final Latencies latencies;
  private final CountDownLatch delivered;
  private final AtomicInteger events = new AtomicInteger();

  WatchFanOut(ApiClient client, Environment environment, Bench.Options options, String namespace) {
    this.client = client;
    this.environment = environment;
    this.options = options;
    this.namespace = namespace;
    this.latencies = new Latencies(WRITES * options.watchers());
    this.delivered = new CountDownLatch(WRITES * options.watchers());
  }

  Result run() {
    String version = client.list(Resources.PODS, namespace, ListOptions.ALL).resourceVersion();
    ApiRequest watch =
        ApiRequest.get(Resources.PODS.path(namespace))
            .withQuery("watch", "true")
            .withQuery("resourceVersion", version);
    List<Transport.Stream> streams = new ArrayList<>();
    CountDownLatch open = new CountDownLatch(options.watchers());
    for (int i = 0; i < options.watchers(); i++) {
      streams.add(client.transport().stream(watch, new Watcher(open)));
    }
    Load.await(open);
    Measurement measurement = new Measurement(environment, options.serverPids());
    new Load(environment, 1).run(WRITES, this::write);
    Load.await(delivered);
    Result result =
        measurement.end(
            "watch fan-out",
            (long) WRITES * options.watchers(),
            latencies,
            options.watchers()
                + " watchers, an operation is an event delivered, latency from the write's sending");
    streams.forEach(Transport.Stream::cancel);
    return result;
  }

  private void write(int index) {
    String name = "fan-" + index;
    sentNanos.put(name, environment.clock().nanos());
    client.create(Resources.PODS, namespace, Shapes.pod(name, "bench-none"));
  }

  private final class Watcher implements Transport.StreamListener {
    private final CountDownLatch open;

    Watcher(CountDownLatch open) {
      this.open = open;
    }

    @Override
    public void onStart(int status) {
      if (status != 200) {
        throw new IllegalStateException("a watch was answered with " + status);
      }
      open.countDown();
    }

    @Override
    public void onFrame(byte[] frame) {
      long now = environment.clock().nanos();
      Matcher name =
          NAME.matcher(new String(frame, 0, Math.min(frame.length, 2_000), StandardCharsets.UTF_8));
      Long sent = name.find() ? sentNanos.get(name.group(1)) : null;
      int index = events.getAndIncrement();
      if (sent != null && index < WRITES * options.watchers()) {
        latencies.set(index, now - sent);
      }
      delivered.countDown();
    }

    @Override
    public void onClose(@Nullable Throwable cause) {
      if (delivered.getCount() > 0) {
        System.err.println("a watch ended early: " + cause);
      }
    }
  }
}
