package io.berth.apiserver.aggregation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.Times;
import io.berth.api.resource.GroupVersion;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.apiserver.custom.Conditions;
import io.berth.apiserver.custom.Conditions.Condition;
import io.berth.apiserver.server.Delegated;
import io.berth.apiserver.server.GroupPriority;
import io.berth.apiserver.server.LocalCalls;
import io.berth.apiserver.server.ServedResources;
import io.berth.apiserver.server.Verb;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches over the servers of delegated group versions. Each is asked what it serves when something
 * about it changed, every {@link #EVERY} else, and soon again, less and less often, while it does
 * not answer. What is found out goes into discovery and into the APIService's status; where
 * requests go is told by {@link #find}. Safe for use by many threads.
 */
final class RemoteServices {
  /** So often is a server asked of which nothing is heard. */
  static final Duration EVERY = Duration.ofSeconds(30);

  private static final Duration FIRST_RETRY = Duration.ofMillis(100);
  private static final int MAX_DOUBLINGS = 9;
  private static final int WRITE_ATTEMPTS = 5;
  private static final ResourceDefinition KIND = Resources.API_SERVICES;
  private static final Logger log = LoggerFactory.getLogger(RemoteServices.class);

  /** One of them. Guarded by the outer object. */
  private static final class Watched {
    Registered registered;
    final Registered.ServiceName service;
    String fingerprint = "";
    Probe.Known known = Probe.Known.NOTHING;
    boolean running;
    boolean again;
    int failures;
    Timers.@Nullable Cancellable next;

    Watched(Registered registered, Registered.ServiceName service) {
      this.registered = registered;
      this.service = service;
    }
  }

  private final Environment environment;
  private final ServedResources served;
  private final LocalCalls calls;
  private final ServiceCheck check;
  private final Probe probe;
  private final Registrations registrations;
  private final AvailabilityMetrics metrics;
  private final Map<String, Watched> watched = new HashMap<>();
  private Map<GroupVersion, GroupPriority> priorities = Map.of();
  private volatile Map<GroupVersion, Registered> routes = Map.of();

  RemoteServices(
      Environment environment,
      ServedResources served,
      LocalCalls calls,
      ServiceCheck check,
      Probe probe,
      Registrations registrations,
      AvailabilityMetrics metrics) {
    this.environment = environment;
    this.served = served;
    this.calls = calls;
    this.check = check;
    this.probe = probe;
    this.registrations = registrations;
    this.metrics = metrics;
  }

  /** Who serves a delegated group version, or null where nobody does any more. */
  @Nullable Registered find(GroupVersion version) {
    return routes.get(version);
  }

  /** A request did not get through: has the server asked now instead of later. */
  synchronized void suspect(Registered registered) {
    Watched one = watched.get(registered.name());
    if (one != null && one.failures == 0) {
      begin(one);
    }
  }

  /** After a change of an APIService, a service or its endpoints. */
  synchronized void step() {
    Map<String, Registered> all = registrations.now();
    watched.entrySet().removeIf(e -> ended(e.getValue(), all.get(e.getKey())));
    Map<GroupVersion, GroupPriority> unusual = new HashMap<>();
    List<Watched> changed = new ArrayList<>();
    for (Registered registered : all.values()) {
      if (!registered.priority().equals(GroupPriority.of(registered.version()))) {
        unusual.put(registered.version(), registered.priority());
      }
      Registered.ServiceName service = registered.service();
      if (service == null || served.lasting().contains(registered.version())) {
        continue;
      }
      Watched one =
          watched.computeIfAbsent(registered.name(), name -> new Watched(registered, service));
      one.registered = registered;
      String now = registered.bundle() + registered.insecure() + check.fingerprint(service);
      if (!now.equals(one.fingerprint)) {
        one.fingerprint = now;
        changed.add(one);
      }
    }
    priorities = unusual;
    publish();
    changed.forEach(this::begin);
  }

  private boolean ended(Watched one, @Nullable Registered now) {
    boolean ended = now == null || !one.service.equals(now.service());
    if (ended) {
      metrics.forget(one.registered.name());
      if (one.next != null) {
        one.next.cancel();
      }
    }
    return ended;
  }

  private void publish() {
    Map<GroupVersion, Registered> now = new HashMap<>();
    Map<GroupVersion, Delegated> delegated = new HashMap<>();
    for (Watched one : watched.values()) {
      now.put(one.registered.version(), one.registered);
      delegated.put(one.registered.version(), one.known.delegated());
    }
    routes = Map.copyOf(now);
    served.delegate(delegated, priorities);
  }

  private synchronized void begin(Watched one) {
    if (one.running) {
      one.again = true;
      return;
    }
    if (one.next != null) {
      one.next.cancel();
    }
    one.running = true;
    environment.executor().execute(() -> run(one));
  }

  private void run(Watched one) {
    Registered registered;
    Probe.Known before;
    synchronized (this) {
      registered = one.registered;
      before = one.known;
    }
    Probe.Outcome outcome;
    try {
      outcome = probe.run(registered, one.service, before);
    } catch (RuntimeException e) {
      log.error("check failed apiservice={}", registered.name(), e);
      outcome =
          new Probe.Outcome(
              ServiceCheck.unavailable("FailedDiscoveryCheck", e.toString()), before.gone(), null);
    }
    if (learned(one, outcome)) {
      write(registered, outcome.condition());
      if (outcome.trusted() != null) {
        learned(one, probe.documents(registered, one.service, outcome.trusted(), outcome.known()));
      }
    }
    finish(one, outcome.condition().status().equals("True"));
  }

  @SuppressWarnings("ReferenceEquality") // another registration of the name is another instance
  private synchronized boolean watches(Watched one) {
    return watched.get(one.registered.name()) == one;
  }

  /** The same with what metrics show; under one lock, so that nothing is shown of what is gone. */
  private synchronized boolean learned(Watched one, Probe.Outcome outcome) {
    boolean watched = learned(one, outcome.known());
    if (watched) {
      metrics.checked(one.registered.name(), outcome.condition());
    }
    return watched;
  }

  /** False where it is not watched any more. */
  private synchronized boolean learned(Watched one, Probe.Known known) {
    one.known = known;
    if (!watches(one)) {
      return false;
    }
    publish();
    return true;
  }

  private synchronized void finish(Watched one, boolean good) {
    one.running = false;
    one.failures = good ? 0 : Math.min(one.failures + 1, MAX_DOUBLINGS);
    if (!watches(one)) {
      return;
    }
    if (one.again) {
      one.again = false;
      begin(one);
      return;
    }
    Duration retry = FIRST_RETRY.multipliedBy(1L << Math.max(0, one.failures - 1));
    Duration pause = good || retry.compareTo(EVERY) > 0 ? EVERY : retry;
    one.next = environment.timers().after(pause, () -> begin(one));
  }

  private void write(Registered registered, Condition condition) {
    String path = KIND.path(null, registered.name());
    for (int attempt = 1; attempt <= WRITE_ATTEMPTS; attempt++) {
      try {
        ObjectNode object =
            (ObjectNode)
                Json.parse(ask(ApiRequest.get(path), Verb.GET, registered.name(), "").body());
        ObjectNode before = object.deepCopy();
        Conditions.set(
            object.withObject("/status"), condition, Times.seconds(environment.clock().now()));
        if (object.equals(before)) {
          return;
        }
        ask(
            ApiRequest.put(path + "/status", Json.bytes(object)),
            Verb.UPDATE,
            registered.name(),
            "status");
        log.info(
            "changed apiservice={} available={} reason={} message={}",
            registered.name(),
            condition.status(),
            condition.reason(),
            condition.message());
        return;
      } catch (ApiException e) {
        if (e.isNotFound()) {
          return;
        }
        if (!e.isConflict()) {
          log.warn("status not written apiservice={} cause={}", registered.name(), e.getMessage());
          return; // the next check writes it
        }
      }
    }
  }

  private ApiResponse ask(ApiRequest request, Verb verb, String name, String subresource) {
    return calls.ask(
        request.withHeader("user-agent", "kube-apiserver"), verb, KIND, "", name, subresource);
  }
}
