package io.berth.agent.network.dns;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.time.SystemEnvironment;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;

/** Over real sockets, asked by a resolver of others. */
@Timeout(30)
class DnsListenerTest {
  private final SystemEnvironment environment = new SystemEnvironment();
  private final DnsWorld world = new DnsWorld();
  private DnsListener listener;

  @BeforeEach
  void start() throws IOException {
    world.read();
    world.service(
        "web", "'clusterIP':'10.96.0.7','clusterIPs':['10.96.0.7'],'ports':[{'port':80}]");
    world.service("many", "'clusterIP':'None','ports':[{'port':80}]");
    world.slice(
        "many",
        "{'port':80}",
        IntStream.range(0, 200)
            .mapToObj(i -> "{'addresses':['10.244.3.%d']}".formatted(i))
            .collect(Collectors.joining(",")));
    listener =
        new DnsListener(
            environment,
            world.server,
            new SimpleMeterRegistry(),
            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
    listener.start();
  }

  @AfterEach
  void close() {
    listener.close();
    world.close();
    environment.close();
  }

  private SimpleResolver resolver() {
    SimpleResolver resolver =
        new SimpleResolver(
            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), listener.port()));
    resolver.setTimeout(Duration.ofSeconds(10));
    return resolver;
  }

  @Test
  void questionsAreAnsweredByDatagramAndByConnection() throws IOException {
    Message query = Message.newQuery(DnsWorld.question("web.ns.svc.cluster.local", "A"));
    SimpleResolver resolver = resolver();
    assertThat(DnsWorld.records(resolver.send(query), Section.ANSWER)).isEqualTo("A 10.96.0.7");
    resolver.setTCP(true);
    assertThat(DnsWorld.records(resolver.send(query), Section.ANSWER)).isEqualTo("A 10.96.0.7");
  }

  @Test
  void whatDoesNotFitADatagramIsToldByConnection() throws IOException {
    Message query = Message.newQuery(DnsWorld.question("many.ns.svc.cluster.local", "A"));
    SimpleResolver resolver = resolver();
    resolver.setIgnoreTruncation(true);
    Message cut = resolver.send(query);
    assertThat(cut.getHeader().getFlag(Flags.TC)).isTrue();
    assertThat(cut.numBytes()).isLessThanOrEqualTo(1280);
    Message whole = resolver().send(query);
    assertThat(whole.getSection(Section.ANSWER)).hasSize(200);
  }

  @Test
  void severalQuestionsShareAConnection() throws IOException {
    byte[] query = Message.newQuery(DnsWorld.question("web.ns.svc.cluster.local", "A")).toWire();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), listener.port())) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      DataInputStream in = new DataInputStream(socket.getInputStream());
      for (int i = 0; i < 3; i++) {
        out.writeShort(query.length);
        out.write(query);
      }
      for (int i = 0; i < 3; i++) {
        byte[] reply = in.readNBytes(in.readUnsignedShort());
        assertThat(new Message(reply).getSection(Section.ANSWER)).hasSize(1);
      }
    }
  }

  @Test
  void nonsenseIsSaidToBeAndHarmsNothing() throws IOException {
    try (DatagramSocket socket = new DatagramSocket()) {
      InetAddress home = InetAddress.ofLiteral("127.0.0.1");
      byte[] nonsense = {0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, (byte) 0xC0, 0x0C};
      socket.send(new DatagramPacket(new byte[] {1, 2, 3}, 3, home, listener.port()));
      socket.send(new DatagramPacket(nonsense, nonsense.length, home, listener.port()));
      DatagramPacket reply = new DatagramPacket(new byte[512], 512);
      socket.receive(reply);
      Message message = new Message(Arrays.copyOf(reply.getData(), reply.getLength()));
      assertThat(message.getHeader().getID()).isEqualTo(0x1234);
      assertThat(message.getRcode()).isEqualTo(Rcode.FORMERR);
    }
    Message query = Message.newQuery(DnsWorld.question("web.ns.svc.cluster.local", "A"));
    assertThat(resolver().send(query).getRcode()).isEqualTo(Rcode.NOERROR);
  }
}
