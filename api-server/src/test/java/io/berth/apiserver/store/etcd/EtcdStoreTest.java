package io.berth.apiserver.store.etcd;

import io.berth.api.time.SystemEnvironment;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.StoreContract;
import io.berth.apiserver.store.StoreKeys;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

@Tag("real")
class EtcdStoreTest extends StoreContract {
  private final SystemEnvironment environment = new SystemEnvironment();

  @Override
  protected Store open() {
    Store store = new EtcdStore(EtcdOptions.of(List.of(EtcdContainer.endpoint())), environment);
    for (Store.Entry entry : store.range(StoreKeys.ROOT, null, 0, 0).entries()) {
      store.delete(entry.key(), entry.modRevision());
    }
    return store;
  }

  @Override
  protected void passLifetime(Duration lifetime) {
    // etcd's own clock does that, within the limits that the contract's waits have
  }

  @AfterEach
  void stop() {
    environment.close();
  }
}
