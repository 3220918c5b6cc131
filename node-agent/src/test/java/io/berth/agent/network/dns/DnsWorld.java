package io.berth.agent.network.dns;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.api.time.SimulatedEnvironment;
import io.berth.client.ApiClient;
import io.berth.client.Informers;
import io.berth.client.testing.FakeApi;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Resolver;
import org.xbill.DNS.Section;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/** A name server over an API in memory and other servers that answer as they are told. */
final class DnsWorld implements AutoCloseable {
  final SimulatedEnvironment environment = new SimulatedEnvironment(1);
  final FakeApi api = new FakeApi(environment);
  final Informers informers = new Informers(new ApiClient(api), environment);
  final ClusterZone zone =
      new ClusterZone(
          informers.of(Resources.SERVICES),
          informers.of(Resources.ENDPOINT_SLICES),
          "cluster.local",
          List.of("10.244.0.1"));
  final FakeUpstream first = new FakeUpstream();
  final FakeUpstream second = new FakeUpstream();
  final NameServer server = new NameServer(zone, new Forwarder(environment, upstreams()));

  private Map<String, Resolver> upstreams() {
    Map<String, Resolver> upstreams = new LinkedHashMap<>();
    upstreams.put("first", first);
    upstreams.put("second", second);
    return upstreams;
  }

  void read() {
    informers.start();
    settle();
  }

  void settle() {
    environment.advance(Duration.ofMillis(100));
  }

  void service(String name, String spec) {
    api.put(
        Resources.SERVICES,
        json(
            "{'apiVersion':'v1','kind':'Service','metadata':{'name':'%s','namespace':'ns'},'spec':{%s}}"
                .formatted(name, spec)));
    settle();
  }

  void slice(String service, String ports, String endpoints) {
    slice(service, "1", "IPv4", ports, endpoints);
  }

  void slice(String service, String suffix, String type, String ports, String endpoints) {
    api.put(
        Resources.ENDPOINT_SLICES,
        json(
            ("{'apiVersion':'discovery.k8s.io/v1','kind':'EndpointSlice','addressType':'%s',"
                    + "'metadata':{'name':'%s-%s','namespace':'ns','labels':{'kubernetes.io/service-name':'%s'}},"
                    + "'ports':[%s],'endpoints':[%s]}")
                .formatted(type, service, suffix, service, ports, endpoints)));
    settle();
  }

  private static JsonNode json(String text) {
    return Json.parse(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  static Record question(String name, String type) {
    try {
      return Record.newRecord(Name.fromString(name, Name.root), Type.value(type), DClass.IN);
    } catch (TextParseException e) {
      throw new IllegalArgumentException(e);
    }
  }

  Message ask(String name, String type) {
    var reply = server.answer(Message.newQuery(question(name, type)));
    settle();
    return reply.join();
  }

  /** {@code RCODE: records of the answer in order}. */
  String answer(String name, String type) {
    Message reply = ask(name, type);
    return Rcode.string(reply.getRcode()) + ": " + records(reply, Section.ANSWER);
  }

  static String records(Message reply, int section) {
    return reply.getSection(section).stream()
        .map(r -> Type.string(r.getType()) + " " + r.rdataToString())
        .sorted()
        .collect(Collectors.joining(", "));
  }

  @Override
  public void close() {
    informers.close();
  }
}
