package io.berth.agent.server;

import io.berth.agent.pod.PodLocator;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.time.Environment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ports of a pod over a WebSocket of channels: two for each port, the first for its bytes, the
 * second for errors. On each the agent first says the port, as two bytes, the lower first. Each
 * port is one connection; when all have ended the session is over.
 */
final class PortForwardSession implements ChannelSocket.Receiver {
  private static final Logger log = LoggerFactory.getLogger(PortForwardSession.class);

  private final ChannelSocket socket;
  private final PodLocator.Sandboxed target;
  private final Environment environment;
  private final List<Integer> ports;
  private final List<InputBuffer> inputs = new ArrayList<>();
  private final List<RuntimeDriver.Forward> open = new ArrayList<>();
  private boolean gone;

  PortForwardSession(
      ChannelSocket socket,
      PodLocator.Sandboxed target,
      List<Integer> ports,
      Environment environment) {
    this.socket = socket;
    this.target = target;
    this.ports = ports;
    this.environment = environment;
    for (int i = 0; i < ports.size(); i++) {
      inputs.add(new InputBuffer(socket::pause, socket::resume));
    }
    socket.receive(this);
  }

  @Override
  public void received(int channel, byte[] data) {
    if (channel % 2 == 0 && channel / 2 < inputs.size()) {
      inputs.get(channel / 2).add(data);
    }
  }

  @Override
  public synchronized void closed() {
    gone = true;
    inputs.forEach(InputBuffer::close);
    open.forEach(RuntimeDriver.Forward::close);
  }

  /** Carries everything to the end. Blocks. */
  void run() {
    CountDownLatch left = new CountDownLatch(ports.size());
    try {
      for (int i = 0; i < ports.size(); i++) {
        int port = ports.get(i);
        byte[] name = {(byte) port, (byte) (port >> 8)};
        socket.send(2 * i, name);
        socket.send(2 * i + 1, name);
      }
      for (int i = 0; i < ports.size(); i++) {
        int index = i;
        environment
            .executor()
            .execute(
                () -> {
                  try {
                    carry(index);
                  } finally {
                    left.countDown();
                  }
                });
      }
      left.await();
    } catch (IOException e) {
      log.debug("client left port forward: {}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    closed();
    socket.close();
  }

  private void carry(int index) {
    int port = ports.get(index);
    InputBuffer input = inputs.get(index);
    try (RuntimeDriver.Forward forward =
        target.driver().forward(target.sandboxId(), port, input, socket.output(2 * index))) {
      synchronized (this) {
        open.add(forward);
        if (gone) {
          forward.close();
        }
      }
      forward.waitFor();
    } catch (RuntimeDriverException e) {
      tell(2 * index + 1, PortErrors.of(port, target.pod(), e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      input.close();
    }
  }

  private void tell(int channel, String error) {
    try {
      socket.send(channel, error.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      log.debug("client left before an error: {}", error);
    }
  }
}
