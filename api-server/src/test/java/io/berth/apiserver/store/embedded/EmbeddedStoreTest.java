package io.berth.apiserver.store.embedded;

import io.berth.apiserver.store.HybridEnvironment;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.StoreContract;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedStoreTest extends StoreContract {
  @TempDir Path directory;

  private final HybridEnvironment environment = new HybridEnvironment();
  private final ExecutorService writer = Executors.newSingleThreadExecutor();

  @Override
  protected Store open() {
    return EmbeddedStore.open(directory, environment, writer, EmbeddedOptions.defaults());
  }

  @Override
  protected void passLifetime(Duration lifetime) {
    environment.advance(lifetime.plus(Duration.ofSeconds(10)));
  }

  @AfterEach
  void stop() {
    environment.close();
    writer.close();
  }
}
