package io.berth.apiserver.store.etcd;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.api.time.SystemEnvironment;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.Store.WriteResult.Written;
import io.berth.apiserver.store.StoreUnavailableException;
import io.berth.apiserver.store.WatchRecorder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("real")
class EtcdOutageTest {
  private static final String PREFIX = "/registry/core/pods/default/";

  @TempDir Path directory;

  private final SystemEnvironment environment = new SystemEnvironment();

  @AfterEach
  void stop() {
    environment.close();
  }

  private Store connect(EtcdProcess etcd, EtcdOptions.Tls tls) {
    return new EtcdStore(
        new EtcdOptions(List.of(etcd.endpoint()), tls, Duration.ofSeconds(5)), environment);
  }

  @SuppressWarnings("NullAway") // no certificates
  private Store connect(EtcdProcess etcd) {
    return connect(etcd, null);
  }

  /** Tries again until etcd answers, with a limit. */
  private static <T> T retried(Supplier<T> call) {
    long deadline = System.nanoTime() + WatchRecorder.limitNanos();
    while (true) {
      try {
        return call.get();
      } catch (StoreUnavailableException e) {
        if (System.nanoTime() > deadline) {
          throw e;
        }
        LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
      }
    }
  }

  private static long create(Store store, String name) {
    return ((Written) store.create(PREFIX + name, "1".getBytes(UTF_8), 0)).revision();
  }

  @Test
  void anEtcdThatIsKilledAndComesBackLosesNothing() throws Exception {
    try (EtcdProcess etcd = new EtcdProcess(directory, "http", List.of());
        Store store = connect(etcd)) {
      assertThat(store.health()).contains("etcd does not answer");
      assertThatThrownBy(store::revision).isInstanceOf(StoreUnavailableException.class);
      etcd.start();
      long start = retried(store::revision);
      WatchRecorder before = new WatchRecorder();
      store.watch(PREFIX, start, before);
      long first = create(store, "a");
      before.through(first);
      etcd.kill();
      assertThat(before.end()).isInstanceOf(StoreUnavailableException.class);
      assertThat(store.health()).contains("etcd does not answer");
      assertThatThrownBy(() -> create(store, "b"))
          .isInstanceOf(StoreUnavailableException.class)
          .hasMessageContaining("etcd does not answer");
      etcd.start();
      long second = retried(() -> create(store, "c"));
      assertThat(store.health()).isNull();
      WatchRecorder after = new WatchRecorder();
      store.watch(PREFIX, start, after);
      assertThat(after.through(second)).extracting(Store.Event::revision).contains(first, second);
    }
  }

  @Test
  void aForeignWriteHoldsUpNoWatchThatWaitsForIt() throws Exception {
    try (EtcdProcess etcd = new EtcdProcess(directory, "http", List.of());
        Store store = connect(etcd)) {
      etcd.start();
      long start = retried(store::revision);
      WatchRecorder recorder = new WatchRecorder();
      store.watch(PREFIX, start, recorder);
      store.create("/elsewhere/key", "1".getBytes(UTF_8), 0);
      assertThat(recorder.through(store.revision())).isEmpty();
    }
  }

  @Test
  void aNewerFormatIsRefused() throws Exception {
    try (EtcdProcess etcd = new EtcdProcess(directory, "http", List.of())) {
      etcd.start();
      try (Store store = connect(etcd)) {
        retried(store::revision);
        Store.Entry format = store.get("/berth/format").orElseThrow();
        store.update("/berth/format", "7".getBytes(UTF_8), format.modRevision(), 0);
      }
      try (Store store = connect(etcd)) {
        assertThatThrownBy(() -> create(store, "a"))
            .isInstanceOf(StoreUnavailableException.class)
            .hasMessageContaining("newer version of Berth");
        assertThat(store.health()).contains("format 7");
      }
    }
  }

  @Test
  void certificatesAreUsedAndAskedFor() throws Exception {
    certificates();
    Path ca = directory.resolve("ca.pem");
    List<String> flags = new ArrayList<>();
    flags.add("--cert-file=" + directory.resolve("server.pem"));
    flags.add("--key-file=" + directory.resolve("server.key"));
    flags.add("--client-cert-auth");
    flags.add("--trusted-ca-file=" + ca);
    EtcdOptions.Tls tls =
        new EtcdOptions.Tls(ca, directory.resolve("client.pem"), directory.resolve("client.key"));
    try (EtcdProcess etcd = new EtcdProcess(directory, "https", flags);
        Store store = connect(etcd, tls);
        Store stranger = connect(etcd, new EtcdOptions.Tls(ca, null, null))) {
      etcd.start();
      assertThat(retried(() -> create(store, "a"))).isPositive();
      assertThatThrownBy(() -> create(stranger, "b")).isInstanceOf(StoreUnavailableException.class);
    }
  }

  private void certificates() throws Exception {
    run("req -x509 -newkey rsa:2048 -nodes -subj /CN=ca -days 2 -keyout ca.key -out ca.pem");
    for (String name : List.of("server", "client")) {
      run(
          "req -newkey rsa:2048 -nodes -subj /CN=%s -addext subjectAltName=IP:127.0.0.1"
                  .formatted(name)
              + " -keyout %1$s.key -out %1$s.csr".formatted(name));
      run(
          "x509 -req -in %1$s.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2".formatted(name)
              + " -copy_extensions copy -out %s.pem".formatted(name));
    }
  }

  private void run(String arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments.split(" ")));
    Process process =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
  }
}
