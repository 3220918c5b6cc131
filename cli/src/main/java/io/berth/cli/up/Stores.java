package io.berth.cli.up;

import io.berth.api.lifecycle.Parts;
import io.berth.api.time.SystemEnvironment;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.embedded.EmbeddedOptions;
import io.berth.apiserver.store.embedded.EmbeddedStore;
import io.berth.apiserver.store.etcd.EtcdOptions;
import io.berth.apiserver.store.etcd.EtcdStore;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Opens the store that the options name. */
final class Stores {
  private Stores() {}

  static Store open(SystemEnvironment environment, UpOptions options, Parts parts) {
    if (options.etcd()) {
      return new EtcdStore(EtcdOptions.of(options.etcdEndpoints()), environment);
    }
    ExecutorService writer =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("berth-store-writer").factory());
    parts.add(writer::shutdownNow);
    return EmbeddedStore.open(
        options.directory().store(), environment, writer, EmbeddedOptions.defaults());
  }
}
