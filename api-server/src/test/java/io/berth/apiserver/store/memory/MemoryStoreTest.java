package io.berth.apiserver.store.memory;

import io.berth.api.time.SimulatedEnvironment;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.StoreContract;
import java.time.Duration;

class MemoryStoreTest extends StoreContract {
  private final SimulatedEnvironment environment = new SimulatedEnvironment(1);

  @Override
  protected Store open() {
    return new MemoryStore(environment);
  }

  @Override
  protected void passLifetime(Duration lifetime) {
    environment.advance(lifetime);
  }
}
