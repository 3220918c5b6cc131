package io.berth.agent.runtime.qemu;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.time.Environment;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One session with a guest over its serial port. Requests may come from many threads; events are
 * handed on by one, in the order in which the guest sent them, and must not wait for the guest.
 */
final class GuestChannel implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(GuestChannel.class);
  private static final Duration HELLO_AGAIN = Duration.ofSeconds(1);
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(30);

  /** What a guest says unasked. */
  interface Events {
    /** Output of a container; to be acknowledged once it is written. */
    void output(String container, int stream, long timeNanos, long sequence, byte[] bytes);

    void exited(Exit exit);

    /** The session is over: the machine ended, or {@link #close} was called. */
    void closed(GuestChannel session);
  }

  /** How a container ended. */
  record Exit(
      String container,
      int code,
      boolean outOfMemory,
      Instant startedAt,
      Instant finishedAt,
      byte[] lastWords) {}

  /** What a guest says to one of its execs. */
  interface ExecEvents {
    void output(int stream, byte[] bytes);

    void inputCredit(int bytes);

    void exited(int code);

    void broken(String why);
  }

  /** The guest refused a request. */
  static final class GuestException extends RuntimeDriverException {
    private static final long serialVersionUID = 1L;
    private final int code;

    GuestException(int code, String message) {
      super(message);
      this.code = code;
    }

    /** An errno, or the exit code that a shell would give to a command that cannot be started. */
    int code() {
      return code;
    }
  }

  private final SocketChannel socket;
  private final Environment environment;
  private final Events events;
  private final long nonce;
  private final CompletableFuture<Map<String, Boolean>> welcome = new CompletableFuture<>();
  private final Map<Integer, CompletableFuture<Payload.Reader>> waiting = new HashMap<>();
  private final Map<Integer, ExecEvents> execs = new ConcurrentHashMap<>();
  private final AtomicInteger nextRequest = new AtomicInteger(1);
  private final AtomicInteger nextExec = new AtomicInteger(1);
  private final ReentrantLock writing = new ReentrantLock();
  private volatile boolean closed;

  private GuestChannel(SocketChannel socket, Environment environment, Events events) {
    this.socket = socket;
    this.environment = environment;
    this.events = events;
    this.nonce = environment.random().nextLong();
  }

  /**
   * Opens a session.
   *
   * @param within how long the guest may take to answer: it may be booting
   * @throws RuntimeDriverException nobody answered in time
   */
  static GuestChannel open(Path path, Environment environment, Events events, Duration within) {
    SocketChannel socket;
    try {
      socket = SocketChannel.open(UnixDomainSocketAddress.of(path));
    } catch (IOException e) {
      throw new RuntimeDriverException("cannot reach the machine: " + e.getMessage(), e);
    }
    GuestChannel channel = new GuestChannel(socket, environment, events);
    environment.executor().execute(channel::read);
    try {
      channel.greet();
      channel.welcome.get(within.toMillis(), MILLISECONDS);
      return channel;
    } catch (TimeoutException e) {
      channel.close();
      throw new RuntimeDriverException(
          "the guest did not answer within " + within.toSeconds() + " s", e);
    } catch (ExecutionException e) {
      channel.close();
      throw new RuntimeDriverException("the machine ended before its guest answered", e);
    } catch (InterruptedException e) {
      channel.close();
      Thread.currentThread().interrupt();
      throw new RuntimeDriverException("interrupted while the guest started", e);
    }
  }

  /** Says hello now and, as a guest may not listen yet, again until it answers. */
  private void greet() {
    if (closed || welcome.isDone()) {
      return;
    }
    Instant now = environment.clock().now();
    long nanos = now.getEpochSecond() * 1_000_000_000L + now.getNano();
    send(GuestMessage.HELLO, new Payload().u64(nonce).u64(nanos));
    environment.timers().after(HELLO_AGAIN, this::greet);
  }

  /** The containers that the guest knew when the session began; true where one still ran. */
  Map<String, Boolean> containers() {
    return welcome.join();
  }

  /** Sends what needs no answer. A broken session is no error here; its end is told as an event. */
  void send(int type, Payload payload) {
    ByteBuffer frame = Frames.encode(type, payload.toBytes());
    writing.lock();
    try {
      while (frame.hasRemaining()) {
        socket.write(frame);
      }
    } catch (IOException e) {
      log.debug("guest write failed: {}", e.toString());
      close();
    } finally {
      writing.unlock();
    }
  }

  /**
   * Asks and waits for the answer.
   *
   * @param fields what follows the request's number
   * @throws GuestException the guest refused
   * @throws RuntimeDriverException there was no answer
   */
  Payload.Reader request(int type, Payload fields) {
    int id = nextRequest.getAndIncrement();
    CompletableFuture<Payload.Reader> answer = new CompletableFuture<>();
    synchronized (waiting) {
      if (closed) {
        throw new RuntimeDriverException("the connection to the machine is gone");
      }
      waiting.put(id, answer);
    }
    try {
      send(type, new Payload().u32(id).raw(fields.toBytes()));
      return accepted(answer.get(ANSWER_WITHIN.toMillis(), MILLISECONDS));
    } catch (TimeoutException e) {
      throw new RuntimeDriverException("the guest did not answer", e);
    } catch (ExecutionException e) {
      throw new RuntimeDriverException("the connection to the machine broke", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RuntimeDriverException("interrupted while waiting for the guest", e);
    } finally {
      synchronized (waiting) {
        waiting.remove(id);
      }
    }
  }

  private static Payload.Reader accepted(Payload.Reader reply) {
    int error = reply.u32();
    String message = reply.str();
    if (error != 0) {
      throw new GuestException(error, message);
    }
    return reply;
  }

  /** Reserves a number for an exec and has its events handed to the listener. */
  int register(ExecEvents listener) {
    int id = nextExec.getAndIncrement();
    execs.put(id, listener);
    if (closed) {
      listener.broken("the connection to the machine is gone");
    }
    return id;
  }

  void unregister(int exec) {
    execs.remove(exec);
  }

  private void read() {
    Frames.Decoder decoder = new Frames.Decoder(this::frame);
    ByteBuffer in = ByteBuffer.allocate(64 * 1024);
    try {
      while (socket.read(in.clear()) >= 0) {
        decoder.accept(in.flip());
      }
    } catch (IOException e) {
      log.debug("guest read failed: {}", e.toString());
    } catch (RuntimeException e) {
      log.error("guest session failed", e);
    } finally {
      close();
      failAll();
      events.closed(this);
    }
  }

  /** Until this session's welcome comes, frames belong to an earlier one. */
  private void frame(int type, byte[] payload) {
    Payload.Reader in = new Payload.Reader(payload);
    if (type == GuestMessage.WELCOME) {
      welcomed(in);
    } else if (welcome.isDone()) {
      dispatch(type, in);
    }
  }

  private void welcomed(Payload.Reader in) {
    if (in.u64() != nonce) {
      return;
    }
    int version = in.u32();
    if (version != GuestMessage.PROTOCOL_VERSION) {
      welcome.completeExceptionally(
          new RuntimeDriverException("the guest speaks protocol version " + version));
      return;
    }
    Map<String, Boolean> containers = new LinkedHashMap<>();
    for (int left = in.u32(); left > 0; left--) {
      String id = in.str();
      boolean running = in.u8() == 1;
      in.u64();
      containers.put(id, running);
    }
    welcome.complete(containers);
  }

  private void dispatch(int type, Payload.Reader in) {
    switch (type) {
      case GuestMessage.REPLY -> {
        CompletableFuture<Payload.Reader> answer;
        synchronized (waiting) {
          answer = waiting.get(in.u32());
        }
        if (answer != null) {
          answer.complete(in);
        }
      }
      case GuestMessage.OUTPUT -> events.output(in.str(), in.u8(), in.u64(), in.u64(), in.bytes());
      case GuestMessage.EXITED ->
          events.exited(
              new Exit(
                  in.str(),
                  in.u32(),
                  in.u8() != 0,
                  instant(in.u64()),
                  instant(in.u64()),
                  in.bytes()));
      case GuestMessage.EXEC_OUTPUT -> exec(in.u32(), e -> e.output(in.u8(), in.bytes()));
      case GuestMessage.EXEC_INPUT_CREDIT -> exec(in.u32(), e -> e.inputCredit(in.u32()));
      case GuestMessage.EXEC_EXITED -> exec(in.u32(), e -> e.exited(in.u32()));
      default -> log.warn("guest sent an unknown message type={}", type);
    }
  }

  private void exec(int id, Consumer<ExecEvents> event) {
    ExecEvents listener = execs.get(id);
    if (listener != null) {
      event.accept(listener);
    }
  }

  static Instant instant(long nanos) {
    return Instant.ofEpochSecond(nanos / 1_000_000_000L, nanos % 1_000_000_000L);
  }

  private void failAll() {
    IOException gone = new IOException("the connection to the machine broke");
    List<CompletableFuture<Payload.Reader>> left;
    synchronized (waiting) {
      left = List.copyOf(waiting.values());
    }
    left.forEach(answer -> answer.completeExceptionally(gone));
    welcome.completeExceptionally(gone);
    execs.values().forEach(e -> e.broken("the connection to the machine broke"));
  }

  boolean isClosed() {
    return closed;
  }

  /** Ends the session; the guest and its containers go on. */
  @Override
  public void close() {
    synchronized (waiting) {
      closed = true;
    }
    try {
      socket.close();
    } catch (IOException e) {
      log.debug("guest close failed: {}", e.toString());
    }
  }
}
