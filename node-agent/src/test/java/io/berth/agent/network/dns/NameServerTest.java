package io.berth.agent.network.dns;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.resource.Resources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xbill.DNS.ExtendedFlags;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Section;

/** Names as Kubernetes' DNS specification 1.1.0 has them. */
class NameServerTest {
  private final DnsWorld world = new DnsWorld();

  @AfterEach
  void close() {
    world.close();
  }

  private void services() {
    world.read();
    world.service(
        "web",
        "'clusterIP':'10.96.0.7','clusterIPs':['10.96.0.7','fd00:96::7'],'ports':["
            + "{'name':'http','port':80,'protocol':'TCP'},{'name':'talk','port':90,'protocol':'UDP'}]");
    world.slice(
        "web", "{'name':'http','port':8080}", "{'addresses':['10.244.0.9'],'conditions':{}}");
    world.service("db", "'clusterIP':'None','clusterIPs':['None'],'ports':[{'port':5432}]");
    world.slice(
        "db",
        "{'name':'sql','port':5432,'protocol':'TCP'}",
        "{'addresses':['10.244.0.5'],'hostname':'db-0','conditions':{'ready':true}},"
            + "{'addresses':['10.244.1.5'],'hostname':'db-1'},"
            + "{'addresses':['10.244.1.6'],'conditions':{'ready':true}},"
            + "{'addresses':['10.244.1.7'],'hostname':'db-3','conditions':{'ready':false}}");
    world.slice(
        "db",
        "2",
        "IPv6",
        "{'name':'sql','port':5432}",
        "{'addresses':['fd00::5'],'hostname':'db-0'}");
    world.service("out", "'type':'ExternalName','externalName':'example.com'");
    world.service("in", "'type':'ExternalName','externalName':'web.ns.svc.cluster.local'");
    world.service("round", "'type':'ExternalName','externalName':'round.ns.svc.cluster.local'");
    world.first.knows("example.com", "A", 60, "203.0.113.7");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "web.ns.svc.cluster.local | A | NOERROR: A 10.96.0.7",
        "WEB.ns.SVC.cluster.LOCAL | A | NOERROR: A 10.96.0.7",
        "web.ns.svc.cluster.local | AAAA | NOERROR: AAAA fd00:96:0:0:0:0:0:7",
        "web.ns.svc.cluster.local | TXT | NOERROR:",
        "_http._tcp.web.ns.svc.cluster.local | SRV | NOERROR: SRV 0 100 80"
            + " web.ns.svc.cluster.local.",
        "_talk._udp.web.ns.svc.cluster.local | SRV | NOERROR: SRV 0 100 90"
            + " web.ns.svc.cluster.local.",
        "_talk._tcp.web.ns.svc.cluster.local | SRV | NXDOMAIN:",
        "_tcp.web.ns.svc.cluster.local | SRV | NOERROR:",
        "7.0.96.10.in-addr.arpa | PTR | NOERROR: PTR web.ns.svc.cluster.local.",
        "db.ns.svc.cluster.local | A | NOERROR: A 10.244.0.5, A 10.244.1.5, A 10.244.1.6",
        "db.ns.svc.cluster.local | AAAA | NOERROR: AAAA fd00:0:0:0:0:0:0:5",
        "db-0.db.ns.svc.cluster.local | A | NOERROR: A 10.244.0.5",
        "db-0.db.ns.svc.cluster.local | AAAA | NOERROR: AAAA fd00:0:0:0:0:0:0:5",
        "db-3.db.ns.svc.cluster.local | A | NXDOMAIN:",
        "10-244-1-6.db.ns.svc.cluster.local | A | NOERROR: A 10.244.1.6",
        "5.0.244.10.in-addr.arpa | PTR | NOERROR: PTR db-0.db.ns.svc.cluster.local.",
        "6.1.244.10.in-addr.arpa | PTR | NOERROR: PTR 10-244-1-6.db.ns.svc.cluster.local.",
        "9.9.244.10.in-addr.arpa | PTR | NXDOMAIN:",
        "out.ns.svc.cluster.local | CNAME | NOERROR: CNAME example.com.",
        "out.ns.svc.cluster.local | A | NOERROR: A 203.0.113.7, CNAME example.com.",
        "in.ns.svc.cluster.local | A | NOERROR: A 10.96.0.7, CNAME web.ns.svc.cluster.local.",
        "10-244-0-5.ns.pod.cluster.local | A | NOERROR: A 10.244.0.5",
        "fd00--5.ns.pod.cluster.local | AAAA | NOERROR: AAAA fd00:0:0:0:0:0:0:5",
        "10-244-0-5.ns.pod.cluster.local | AAAA | NOERROR:",
        "999-1-1-1.ns.pod.cluster.local | A | NXDOMAIN:",
        "5.ns.pod.cluster.local | A | NXDOMAIN:",
        "dns-version.cluster.local | TXT | NOERROR: TXT \"1.1.0\"",
        "ns.dns.cluster.local | A | NOERROR: A 10.244.0.1",
        "cluster.local | NS | NOERROR: NS ns.dns.cluster.local.",
        "svc.cluster.local | A | NOERROR:",
        "ns.svc.cluster.local | A | NOERROR:",
        "other.svc.cluster.local | A | NXDOMAIN:",
        "none.ns.svc.cluster.local | A | NXDOMAIN:",
        "below.web.ns.svc.cluster.local | A | NXDOMAIN:",
        "nothing.cluster.local | A | NXDOMAIN:",
        "example.com | A | NOERROR: A 203.0.113.7",
      })
  void namesStandFor(String name, String type, String answer) {
    services();
    assertThat(world.answer(name, type).strip()).isEqualTo(answer);
  }

  @Test
  void targetsOfPortsShareTheWeightAndComeWithTheirAddresses() {
    services();
    Message reply = world.ask("_sql._tcp.db.ns.svc.cluster.local", "SRV");
    assertThat(DnsWorld.records(reply, Section.ANSWER))
        .isEqualTo(
            "SRV 0 33 5432 10-244-1-6.db.ns.svc.cluster.local., SRV 0 33 5432"
                + " db-0.db.ns.svc.cluster.local., SRV 0 33 5432 db-1.db.ns.svc.cluster.local.");
    assertThat(DnsWorld.records(reply, Section.ADDITIONAL))
        .isEqualTo("A 10.244.0.5, A 10.244.1.5, A 10.244.1.6, AAAA fd00:0:0:0:0:0:0:5");
  }

  @Test
  void whatIsNotThereIsSaidWithHowLongThatHolds() {
    services();
    Message reply = world.ask("none.ns.svc.cluster.local", "A");
    assertThat(reply.getHeader().getFlag(Flags.AA)).isTrue();
    assertThat(DnsWorld.records(reply, Section.AUTHORITY))
        .isEqualTo("SOA ns.dns.cluster.local. hostmaster.cluster.local. 1 7200 1800 86400 5");
  }

  @Test
  void eachOfSeveralAddressesIsTheFirstInItsTurn() {
    services();
    List<String> firsts = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      firsts.add(
          world
              .ask("db.ns.svc.cluster.local", "A")
              .getSection(Section.ANSWER)
              .getFirst()
              .rdataToString());
    }
    assertThat(firsts).containsExactlyInAnyOrder("10.244.0.5", "10.244.1.5", "10.244.1.6");
  }

  @Test
  void namesFollowTheObjects() {
    services();
    assertThat(world.answer("db-0.db.ns.svc.cluster.local", "A")).contains("10.244.0.5");
    world.slice("db", "{'name':'sql','port':1}", "{'addresses':['10.244.7.7'],'hostname':'db-0'}");
    assertThat(world.answer("db-0.db.ns.svc.cluster.local", "A")).contains("10.244.7.7");
    world.api.remove(Resources.SERVICES, "ns", "db");
    world.settle();
    assertThat(world.answer("db-0.db.ns.svc.cluster.local", "A")).startsWith("NXDOMAIN");
  }

  @Test
  void beforeTheObjectsAreReadNothingIsDenied() {
    assertThat(world.answer("web.ns.svc.cluster.local", "A")).startsWith("SERVFAIL");
  }

  @Test
  void servicesThatLeadToOneAnotherEnd() {
    services();
    assertThat(world.answer("round.ns.svc.cluster.local", "A")).startsWith("NOERROR: CNAME");
  }

  @Test
  void otherServersAreAskedOnceWhileTheirAnswerHolds() {
    services();
    world.first.knows("example.org", "A", 20, "203.0.113.9");
    assertThat(world.ask("example.org", "A").getSection(Section.ANSWER).getFirst().getTTL())
        .isEqualTo(20);
    world.environment.advance(Duration.ofSeconds(12));
    assertThat(world.ask("example.org", "A").getSection(Section.ANSWER).getFirst().getTTL())
        .isEqualTo(8);
    assertThat(world.first.asked).isEqualTo(1);
    world.environment.advance(Duration.ofSeconds(12));
    world.ask("example.org", "A");
    assertThat(world.first.asked).isEqualTo(2);
  }

  @Test
  void thatANameIsNotThereIsRememberedToo() {
    services();
    world.first.denies("gone.example.com", "A", 20);
    assertThat(world.answer("gone.example.com", "A")).startsWith("NXDOMAIN");
    assertThat(world.answer("gone.example.com", "A")).startsWith("NXDOMAIN");
    assertThat(world.first.asked).isEqualTo(1);
  }

  @Test
  void theSameQuestionIsAskedOnceAtATime() {
    services();
    world.first.hold();
    Message query = Message.newQuery(DnsWorld.question("example.com", "A"));
    CompletableFuture<Message> one = world.server.answer(query);
    CompletableFuture<Message> two = world.server.answer(query);
    world.settle();
    assertThat(world.first.asked).isEqualTo(1);
    world.first.release();
    world.settle();
    assertThat(DnsWorld.records(one.join(), Section.ANSWER)).isEqualTo("A 203.0.113.7");
    assertThat(DnsWorld.records(two.join(), Section.ANSWER)).isEqualTo("A 203.0.113.7");
  }

  @Test
  void aServerThatIsSilentIsAskedLastForAWhile() {
    services();
    world.first.dead = true;
    world.second.knows("a.example", "A", 60, "203.0.113.1");
    world.second.knows("b.example", "A", 60, "203.0.113.2");
    assertThat(world.answer("a.example", "A")).isEqualTo("NOERROR: A 203.0.113.1");
    assertThat(world.answer("b.example", "A")).isEqualTo("NOERROR: A 203.0.113.2");
    assertThat(world.first.asked).isEqualTo(1);
    world.environment.advance(Duration.ofSeconds(11));
    world.answer("c.example", "A");
    assertThat(world.first.asked).isEqualTo(2);
  }

  @Test
  void aServerThatRefusesIsNoAnswerWhileAnotherHasOne() {
    services();
    world.first.rcode = Rcode.REFUSED;
    world.second.knows("a.example", "A", 60, "203.0.113.1");
    assertThat(world.answer("a.example", "A")).isEqualTo("NOERROR: A 203.0.113.1");
  }

  @Test
  void whileNoServerAnswersTheLastAnswerIsGivenOn() {
    services();
    world.answer("example.com", "A");
    world.first.dead = true;
    world.second.dead = true;
    world.environment.advance(Duration.ofMinutes(10));
    Message reply = world.ask("example.com", "A");
    assertThat(DnsWorld.records(reply, Section.ANSWER)).isEqualTo("A 203.0.113.7");
    assertThat(reply.getSection(Section.ANSWER).getFirst().getTTL()).isEqualTo(1);
    assertThat(world.answer("other.example", "A")).startsWith("SERVFAIL");
    world.environment.advance(Duration.ofHours(2));
    assertThat(world.answer("example.com", "A")).startsWith("SERVFAIL");
  }

  @Test
  void whatIsNoQuestionOfOursIsRefused() {
    services();
    Message update = Message.newQuery(DnsWorld.question("example.com", "A"));
    update.getHeader().setOpcode(Opcode.UPDATE);
    assertThat(world.server.answer(update).join().getRcode()).isEqualTo(Rcode.NOTIMP);
    assertThat(world.server.answer(new Message(7)).join().getRcode()).isEqualTo(Rcode.FORMERR);
    assertThat(world.answer("cluster.local", "AXFR")).startsWith("REFUSED");
  }

  @Test
  void extensionsAreAnsweredAndUnknownOnesSaidToBe() {
    services();
    Message query = Message.newQuery(DnsWorld.question("example.com", "A"));
    query.addRecord(new OPTRecord(4096, 0, 0, ExtendedFlags.DO), Section.ADDITIONAL);
    var reply = world.server.answer(query);
    world.settle();
    assertThat(reply.join().getOPT().getFlags()).isEqualTo(ExtendedFlags.DO);
    Message later = Message.newQuery(DnsWorld.question("example.com", "A"));
    later.addRecord(new OPTRecord(4096, 0, 1), Section.ADDITIONAL);
    assertThat(world.server.answer(later).join().getRcode()).isEqualTo(Rcode.BADVERS);
  }
}
