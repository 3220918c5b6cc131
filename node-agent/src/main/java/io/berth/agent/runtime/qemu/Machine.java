package io.berth.agent.runtime.qemu;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.berth.agent.runtime.RuntimeDriver.ContainerState;
import io.berth.agent.runtime.RuntimeDriver.ContainerUsage;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.agent.runtime.Signals;
import io.berth.agent.runtime.qemu.MachineState.Held;
import io.berth.agent.runtime.qemu.MachineState.Phase;
import io.berth.api.time.Environment;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A virtual machine that this agent started, or found again. Holds its state, which is on disk
 * before anyone is told of a change, and the session with its guest, which is opened again where it
 * breaks while QEMU lives. Safe for use by many threads.
 */
final class Machine implements GuestChannel.Events {
  private static final Logger log = LoggerFactory.getLogger(Machine.class);
  private static final Duration POWER_OFF = Duration.ofSeconds(2);
  private static final Duration DIE = Duration.ofSeconds(10);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(30);
  private static final Duration RECONNECT = Duration.ofSeconds(1);
  private static final int KILLED = 137;
  private static final int CONSOLE_LINES = 15;

  private final Environment environment;
  private final MachineDirectory directory;
  private final Runnable changed;
  private final GuestFiles files = new GuestFiles();
  private final Object filesLock = new Object();
  private final Map<String, GuestLog> logs = new HashMap<>();
  private final List<GuestAttachment> attachments = new CopyOnWriteArrayList<>();
  private final Map<String, CompletableFuture<Void>> ends = new ConcurrentHashMap<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private MachineState state;
  private volatile @Nullable GuestChannel channel;
  private volatile boolean letGo;

  Machine(
      Environment environment, MachineDirectory directory, MachineState state, Runnable changed) {
    this.environment = environment;
    this.directory = directory;
    this.state = state;
    this.changed = changed;
  }

  synchronized MachineState state() {
    return state;
  }

  String id() {
    return state().id();
  }

  synchronized MachineState update(UnaryOperator<MachineState> change) {
    MachineState next = change.apply(state);
    if (!next.equals(state)) {
      directory.save(next);
      state = next;
    }
    return next;
  }

  /** QEMU's process, also where it is dead. */
  private ProcessIdentity process() {
    MachineState now = state();
    return new ProcessIdentity(now.pid(), now.startTicks());
  }

  GuestChannel guest() {
    GuestChannel open = channel;
    if (open == null) {
      throw new RuntimeDriverException("the machine " + id() + " does not answer");
    }
    return open;
  }

  /* ---- the session ---- */

  /** Opens the session with the guest and takes up what happened while there was none. */
  void connect(Duration within) {
    GuestChannel open = GuestChannel.open(directory.agentSocket(id()), environment, this, within);
    synchronized (filesLock) {
      files.forget();
    }
    channel = open;
    if (open.isClosed()) {
      closed(open);
      throw new RuntimeDriverException("the machine ended");
    }
    Map<String, Boolean> known = open.containers();
    for (Held held : state().containers()) {
      boolean thought = held.state() == ContainerState.RUNNING;
      if (thought && !known.containsKey(held.id())) {
        finish(held.id(), KILLED, "Lost", null, now());
      } else if (held.state() == ContainerState.CREATED && known.containsKey(held.id())) {
        update(s -> s.change(held.id(), h -> h.started(now().toString())));
      }
    }
  }

  @Override
  public void closed(GuestChannel session) {
    if (channel == session) {
      channel = null;
      if (!letGo) {
        checkAlive();
      }
    }
  }

  /** QEMU's sockets close a moment before its process is gone; else only the session broke. */
  private void checkAlive() {
    lookForEnd(environment.clock().nanos() + RECONNECT.toNanos());
  }

  private void lookForEnd(long until) {
    if (!process().alive()) {
      died();
    } else if (environment.clock().nanos() < until) {
      environment.timers().after(LOOK_AGAIN, () -> lookForEnd(until));
    } else if (!letGo) {
      reconnect();
    }
  }

  void reconnect() {
    try {
      connect(Duration.ofSeconds(10));
      changed.run();
    } catch (RuntimeDriverException e) {
      log.warn("machine does not answer id={} reason={}", id(), e.getMessage());
      environment.timers().after(RECONNECT, this::checkAlive);
    }
  }

  /** For what an earlier agent left half made, or found dead. */
  void abandon() {
    process().kill();
    died();
  }

  /** QEMU ended: so did all in it. What the console said last goes to the containers' logs. */
  void died() {
    Instant now = now();
    List<String> console = directory.lastConsoleLines(id(), CONSOLE_LINES);
    for (Held held : state().containers()) {
      if (held.state() == ContainerState.RUNNING) {
        noteEnd(held, now, console);
        finish(held.id(), KILLED, "MachineEnded", null, now);
      }
    }
    update(s -> s.with(Phase.ENDED));
    ended.complete(null);
    log.info("machine ended id={} pod={}/{}", id(), state().namespace(), state().name());
    changed.run();
  }

  private void noteEnd(Held held, Instant now, List<String> console) {
    try {
      GuestLog file = log(held);
      file.finish(now);
      file.note(now, "berth: the virtual machine ended; its console's last lines:");
      for (String line : console) {
        file.note(now, line);
      }
    } catch (IOException e) {
      log.warn("cannot write container log path={} reason={}", held.logPath(), e.toString());
    }
  }

  /** Ends the session and leaves the machine running. */
  void letGo() {
    letGo = true;
    GuestChannel open = channel;
    if (open != null) {
      open.close();
    }
  }

  /* ---- containers ---- */

  /** Starts a container whose request was kept when it was created. */
  void start(String container) {
    Held held = held(container);
    if (held.state() != ContainerState.CREATED) {
      throw new RuntimeDriverException("container " + container + " was started before");
    }
    ends.putIfAbsent(container, new CompletableFuture<>());
    try {
      syncFiles(held.files());
      byte[] request = Files.readAllBytes(directory.request(id(), container));
      Payload.Reader reply = guest().request(GuestMessage.START, new Payload().raw(request));
      Instant at = GuestChannel.instant(reply.u64());
      update(s -> s.change(container, h -> startedUnlessEnded(h, at)));
    } catch (GuestChannel.GuestException e) {
      Instant now = now();
      finish(container, e.code(), "StartError", now, now);
      throw new RuntimeDriverException(e.getMessage() == null ? "" : e.getMessage(), e);
    } catch (IOException e) {
      throw new RuntimeDriverException("cannot start the container: " + e.getMessage(), e);
    }
  }

  /** A short container's end may be heard before the answer that it was started. */
  private static Held startedUnlessEnded(Held held, Instant at) {
    return held.state() == ContainerState.CREATED ? held.started(at.toString()) : held;
  }

  Held held(String container) {
    return state()
        .container(container)
        .orElseThrow(() -> new RuntimeDriverException("no container " + container));
  }

  /** Asks it to end, and ends it where it does not. */
  void stop(String container, Duration grace) {
    Held held = state().container(container).orElse(null);
    if (held == null || held.state() != ContainerState.RUNNING) {
      return;
    }
    if (!grace.isZero()) {
      signal(container, held.stopSignal());
    }
    if (grace.isZero() || !endsWithin(container, grace)) {
      signal(container, Signals.KILL);
      if (!endsWithin(container, DIE)) {
        throw new RuntimeDriverException("container " + held.name() + " does not end");
      }
    }
  }

  /** Joins what a running container prints from now on. */
  GuestAttachment attach(String container, OutputStream stdout, @Nullable OutputStream stderr) {
    GuestAttachment attachment =
        new GuestAttachment(environment, stdout, stderr, this::detach, container);
    attachments.add(attachment);
    attachment.start();
    if (held(container).state() != ContainerState.RUNNING) {
      attachment.containerEnded();
    }
    return attachment;
  }

  private void detach(GuestAttachment attachment) {
    attachments.remove(attachment);
  }

  private void signal(String container, int number) {
    try {
      guest().request(GuestMessage.SIGNAL, new Payload().str(container).u32(number));
    } catch (RuntimeDriverException e) {
      if (process().alive()) {
        throw e;
      }
    }
  }

  private boolean endsWithin(String container, Duration limit) {
    CompletableFuture<Void> end = ends.computeIfAbsent(container, c -> new CompletableFuture<>());
    if (held(container).state() != ContainerState.RUNNING) {
      return true;
    }
    return await(end, limit);
  }

  private static boolean await(CompletableFuture<Void> event, Duration limit) {
    try {
      event.get(Math.max(1, limit.toMillis()), MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RuntimeDriverException("interrupted while waiting for an end", e);
    }
  }

  void remove(String container) {
    if (state().container(container).isEmpty()) {
      return;
    }
    stop(container, Duration.ZERO);
    if (channel != null) {
      guest().request(GuestMessage.REMOVE, new Payload().str(container));
    }
    update(s -> s.without(container));
    FileTrees.deleteQuietly(directory.request(id(), container));
    ends.remove(container);
    synchronized (logs) {
      logs.remove(container);
    }
  }

  private void finish(
      String container, int code, String reason, @Nullable Instant started, Instant at) {
    update(
        s ->
            s.change(
                container,
                h ->
                    h.state() == ContainerState.EXITED
                        ? h
                        : h.ended(
                            started == null ? h.startedAt() : started.toString(),
                            at.toString(),
                            code,
                            reason)));
    CompletableFuture<Void> end = ends.computeIfAbsent(container, c -> new CompletableFuture<>());
    end.complete(null);
    attachments.forEach(
        attachment -> {
          if (attachment.container().equals(container)) {
            attachment.containerEnded();
          }
        });
  }

  /* ---- what the guest says ---- */

  private GuestLog log(Held held) {
    synchronized (logs) {
      return logs.computeIfAbsent(held.id(), c -> new GuestLog(Path.of(held.logPath())));
    }
  }

  @Override
  public void output(String container, int stream, long timeNanos, long sequence, byte[] bytes) {
    Held held = state().container(container).orElse(null);
    long written = sequence;
    if (held != null) {
      for (GuestAttachment attachment : attachments) {
        if (attachment.container().equals(container)) {
          attachment.output(stream, bytes);
        }
      }
      try {
        written = log(held).append(stream, timeNanos, sequence, bytes);
      } catch (IOException e) {
        log.warn("cannot write container log path={} reason={}", held.logPath(), e.toString());
      }
    }
    GuestChannel open = channel;
    if (open != null) {
      open.send(GuestMessage.OUTPUT_ACK, new Payload().str(container).u64(written));
    }
  }

  @Override
  public void exited(GuestChannel.Exit exit) {
    Held held = state().container(exit.container()).orElse(null);
    if (held == null || held.state() == ContainerState.EXITED) {
      return;
    }
    try {
      log(held).finish(exit.finishedAt());
      String lastWords = held.lastWords();
      if (lastWords != null && exit.lastWords().length > 0) {
        Files.write(
            Path.of(lastWords),
            exit.lastWords(),
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
      }
    } catch (IOException e) {
      log.warn("cannot keep a container's last output id={} reason={}", held.id(), e.toString());
    }
    finish(
        exit.container(),
        exit.code(),
        exit.outOfMemory() ? "OOMKilled" : "",
        exit.startedAt(),
        exit.finishedAt());
    changed.run();
  }

  List<ContainerUsage> usage() {
    Payload.Reader reply = guest().request(GuestMessage.STATS, new Payload());
    List<ContainerUsage> all = new ArrayList<>();
    Instant at = now();
    for (int left = reply.u32(); left > 0; left--) {
      all.add(new ContainerUsage(reply.str(), at, reply.u64() * 1000, reply.u64()));
    }
    return all;
  }

  /* ---- files ---- */

  /** Carries changes of files into the guest. */
  void syncFiles() {
    Set<String> paths = new LinkedHashSet<>();
    for (Held held : state().containers()) {
      if (held.state() == ContainerState.RUNNING) {
        paths.addAll(held.files());
      }
    }
    if (channel == null || paths.isEmpty()) {
      return;
    }
    try {
      syncFiles(List.copyOf(paths));
    } catch (IOException | RuntimeException e) {
      log.info("files not updated machine={} reason={}", id(), e.toString());
    }
  }

  private void syncFiles(List<String> paths) throws IOException {
    synchronized (filesLock) {
      for (String path : paths) {
        files.sync(guest(), Path.of(path));
      }
    }
  }

  /* ---- the end ---- */

  /** Ends the machine and all that runs in it. Idempotent. */
  void end() {
    ProcessIdentity process = process();
    GuestChannel open = channel;
    if (open != null && process.alive()) {
      open.send(GuestMessage.POWEROFF, new Payload());
      if (await(ended, POWER_OFF)) {
        return;
      }
    }
    process.kill();
    if (open == null && !ended.isDone()) {
      lookForEnd(environment.clock().nanos() + DIE.toNanos());
    }
    if (!await(ended, DIE)) {
      throw new RuntimeDriverException("QEMU's process " + process.pid() + " does not end");
    }
  }

  private Instant now() {
    return environment.clock().now();
  }
}
