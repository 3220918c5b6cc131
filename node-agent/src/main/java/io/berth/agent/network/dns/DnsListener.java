package io.berth.agent.network.dns;

import io.berth.api.time.Environment;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Header;
import org.xbill.DNS.Message;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Rcode;

/**
 * Takes questions at one address by UDP and TCP (RFC 1035, 7766). Its loops are {@link #datagrams}
 * and {@link #connections}.
 */
final class DnsListener implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DnsListener.class);
  private static final int LARGEST = 65_535;
  private static final int SMALLEST_PAYLOAD = 512;
  private static final int LARGEST_PAYLOAD = 4_096;
  private static final int IDLE_MILLIS = 10_000;
  private static final int MOST_CONNECTIONS = 200;

  private final Environment environment;
  private final NameServer server;
  private final MeterRegistry metrics;
  private final DatagramChannel datagrams;
  private final ServerSocket connections;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final Semaphore free = new Semaphore(MOST_CONNECTIONS);
  private volatile boolean closed;

  /**
   * @param at port 0 for any that is free
   * @throws IOException the address is not this machine's, or the port is taken
   */
  DnsListener(
      Environment environment, NameServer server, MeterRegistry metrics, InetSocketAddress at)
      throws IOException {
    this.environment = environment;
    this.server = server;
    this.metrics = metrics;
    this.connections = new ServerSocket();
    connections.bind(at);
    this.datagrams = DatagramChannel.open();
    try {
      datagrams.bind(new InetSocketAddress(at.getAddress(), connections.getLocalPort()));
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  int port() {
    return connections.getLocalPort();
  }

  void start() {
    environment.executor().execute(this::datagrams);
    environment.executor().execute(this::connections);
  }

  private void datagrams() {
    ByteBuffer buffer = ByteBuffer.allocateDirect(LARGEST);
    while (!closed) {
      try {
        buffer.clear();
        SocketAddress from = datagrams.receive(buffer);
        byte[] bytes = new byte[buffer.flip().remaining()];
        buffer.get(bytes);
        Message query = parsed(bytes, "udp");
        if (query != null) {
          CompletableFuture<Void> sent =
              server.answer(query).thenAccept(reply -> send(query, reply, from));
          if (sent.isCompletedExceptionally()) {
            log.warn("DNS answer cannot be made question={}", query.getQuestion());
          }
        }
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        log.debug("DNS datagram error={}", e.getMessage()); // an answer before found no one
      }
    }
  }

  private void send(Message query, Message reply, SocketAddress to) {
    OPTRecord options = query.getOPT();
    int payload = options == null ? SMALLEST_PAYLOAD : options.getPayloadSize();
    byte[] bytes = reply.toWire(Math.clamp(payload, SMALLEST_PAYLOAD, LARGEST_PAYLOAD));
    count("udp", reply);
    try {
      datagrams.send(ByteBuffer.wrap(bytes), to);
    } catch (IOException e) {
      log.debug("DNS answer not sent to={} error={}", to, e.getMessage());
    }
  }

  private void connections() {
    while (!closed) {
      try {
        Socket socket = connections.accept();
        if (!free.tryAcquire()) {
          socket.close();
          continue;
        }
        open.add(socket);
        environment.executor().execute(() -> serve(socket));
      } catch (IOException e) {
        if (!closed) {
          log.warn("DNS connection not taken error={}", e.getMessage());
        }
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setSoTimeout(IDLE_MILLIS);
      socket.setTcpNoDelay(true);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      while (true) {
        byte[] bytes = new byte[in.readUnsignedShort()];
        in.readFully(bytes);
        Message query = parsed(bytes, "tcp");
        if (query == null) {
          return;
        }
        Message reply = server.answer(query).join();
        byte[] answer = reply.toWire(LARGEST);
        count("tcp", reply);
        ByteBuffer framed = ByteBuffer.allocate(answer.length + 2);
        out.write(framed.putShort((short) answer.length).put(answer).array());
      }
    } catch (EOFException | SocketTimeoutException | SocketException e) {
      log.debug("DNS connection ended from={}", socket.getRemoteSocketAddress());
    } catch (IOException e) {
      log.debug("DNS connection error={}", e.getMessage());
    } finally {
      open.remove(socket);
      free.release();
    }
  }

  /** A query; null for what is none. What cannot be read is answered as an empty one. */
  private @Nullable Message parsed(byte[] bytes, String protocol) {
    try {
      Message query = new Message(bytes);
      return query.getHeader().getFlag(Flags.QR) ? null : query;
    } catch (IOException e) {
      return unreadable(bytes, protocol);
    }
  }

  private @Nullable Message unreadable(byte[] bytes, String protocol) {
    metrics.counter("berth.dns.unreadable", "protocol", protocol).increment();
    if (bytes.length < Header.LENGTH || (bytes[2] & 0x80) != 0) {
      return null;
    }
    return new Message((bytes[0] & 0xFF) << 8 | (bytes[1] & 0xFF));
  }

  private void count(String protocol, Message reply) {
    metrics
        .counter("berth.dns.answers", "protocol", protocol, "rcode", Rcode.string(reply.getRcode()))
        .increment();
  }

  @Override
  public void close() {
    closed = true;
    closeQuietly(datagrams);
    closeQuietly(connections);
    open.forEach(DnsListener::closeQuietly);
  }

  private static void closeQuietly(@Nullable AutoCloseable closeable) {
    try {
      if (closeable != null) {
        closeable.close();
      }
    } catch (Exception e) {
      log.debug("DNS socket close error={}", e.getMessage());
    }
  }
}
