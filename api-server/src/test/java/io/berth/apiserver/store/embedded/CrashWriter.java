package io.berth.apiserver.store.embedded;

import io.berth.api.time.SystemEnvironment;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.Store.WriteResult.Written;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The process that {@link CrashTest} kills: writes without end and prints what was acknowledged.
 */
final class CrashWriter {
  private static final int THREADS = 4;
  private static final int KEYS = 20;
  private static final FileOutputStream OUT = new FileOutputStream(FileDescriptor.out);

  private CrashWriter() {}

  public static void main(String[] arguments) throws IOException {
    long seed = Long.parseLong(arguments[1]);
    ExecutorService writer = Executors.newSingleThreadExecutor();
    EmbeddedStore store =
        EmbeddedStore.open(
            Path.of(arguments[0]), new SystemEnvironment(), writer, EmbeddedOptions.defaults());
    print("ready\n");
    for (int i = 0; i < THREADS; i++) {
      int number = i;
      Thread.ofPlatform().start(() -> write(store, number, new Random(seed + number)));
    }
  }

  /** Each thread has keys of its own, so that the order of its lines is the order of writes. */
  private static void write(Store store, int number, Random random) {
    while (true) {
      String key = "/registry/core/pods/t" + number + "/k" + random.nextInt(KEYS);
      Optional<Store.Entry> there = store.get(key);
      byte[] value = value(random);
      if (there.isEmpty()) {
        acknowledge(key, store.create(key, value, 0), 1);
      } else if (deletes(key) && random.nextBoolean()) {
        acknowledge(key, store.delete(key, there.get().modRevision()), -1);
      } else {
        acknowledge(key, store.update(key, value, there.get().modRevision(), 0), 1);
      }
      if (random.nextInt(200) == 0) {
        store.compact(Math.max(1, store.revision() - 100));
      }
    }
  }

  /** Whether the key is one of those that are deleted now and then. */
  static boolean deletes(String key) {
    return (key.charAt(key.length() - 1) & 1) == 0;
  }

  private static void acknowledge(String key, Store.WriteResult result, int sign) {
    print(key + " " + sign * ((Written) result).revision() + " ok\n");
  }

  private static void print(String line) {
    try {
      OUT.write(line.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A value that shows whether it is whole: its length first, then one byte repeated. */
  private static byte[] value(Random random) {
    byte[] value = new byte[4 + random.nextInt(20_000)];
    Arrays.fill(value, (byte) random.nextInt());
    ByteBuffer.wrap(value).putInt(value.length);
    return value;
  }

  static void checkWhole(Store.Entry entry) {
    byte[] value = entry.value();
    boolean whole = ByteBuffer.wrap(value).getInt() == value.length;
    for (int i = 5; i < value.length; i++) {
      whole &= value[i] == value[4];
    }
    if (!whole) {
      throw new AssertionError(entry.key() + "@" + entry.modRevision() + " is torn");
    }
  }
}
