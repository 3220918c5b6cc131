package io.berth.agent.runtime.cri;

import io.berth.api.time.Environment;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Learns which process each command in a container is, so that it can be ended: the runtime
 * interface ends none, and names none. containerd's event tells the container and the process, but
 * not the command; so commands of one container start one after the other, each until its process
 * is known. Safe for use by many threads.
 */
final class ExecProcesses {
  /** A command that is not known by then starts unknown; it is only not ended by us. */
  private static final Duration LONGEST_START = Duration.ofSeconds(2);

  private final Environment environment;
  private final Map<String, Semaphore> turns = new ConcurrentHashMap<>();
  private final Map<String, CompletableFuture<ProcessHandle>> starting = new ConcurrentHashMap<>();

  ExecProcesses(Environment environment) {
    this.environment = environment;
  }

  /** Waits for the container's turn; the next command started in it is the caller's. */
  CompletableFuture<ProcessHandle> expect(String containerId) throws InterruptedException {
    Semaphore turn = turns.computeIfAbsent(containerId, id -> new Semaphore(1, true));
    boolean mine = turn.tryAcquire(LONGEST_START.toMillis(), TimeUnit.MILLISECONDS);
    CompletableFuture<ProcessHandle> process = new CompletableFuture<>();
    starting.put(containerId, process);
    environment.timers().after(LONGEST_START, () -> process.cancel(false));
    var _ =
        process.whenComplete(
            (handle, error) -> {
              starting.remove(containerId, process);
              if (mine) {
                turn.release();
              }
            });
    return process;
  }

  /** A command was started. */
  void started(String containerId, long pid) {
    CompletableFuture<ProcessHandle> process = starting.get(containerId);
    if (process != null) {
      // The handle remembers the start time, so that it never ends another process of this pid.
      ProcessHandle.of(pid).ifPresentOrElse(process::complete, () -> process.cancel(false));
    }
  }

  /** A container ended; no command is started in it again. */
  void forget(String containerId) {
    turns.remove(containerId);
    CompletableFuture<ProcessHandle> process = starting.remove(containerId);
    if (process != null) {
      process.cancel(false);
    }
  }
}
