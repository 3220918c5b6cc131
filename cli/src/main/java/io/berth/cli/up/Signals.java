package io.berth.cli.up;

import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What SIGINT and SIGTERM do: the first asks for an orderly stop, the second ends the process at
 * once. The JDK tells signals apart only through {@code sun.misc.Signal}, which is reached by
 * reflection because the compiler warns of its name.
 */
final class Signals {
  private static final Logger log = LoggerFactory.getLogger(Signals.class);
  private static final int FORCED = 130;
  private static final long LONGEST_STOP_SECONDS = 60;

  private Signals() {}

  /**
   * @param stop called once, on the first signal
   * @param stopped comes down when the orderly stop is done
   */
  static void onFirst(Runnable stop, CountDownLatch stopped) {
    CountDownLatch first = new CountDownLatch(1);
    Runnable onSignal =
        () -> {
          if (first.getCount() == 0) {
            Runtime.getRuntime().halt(FORCED);
          }
          first.countDown();
          stop.run();
        };
    handle("INT", onSignal);
    handle("TERM", onSignal);
    // A hang-up (the terminal is gone) goes the JVM's way: it waits here for the orderly stop.
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  stop.run();
                  awaitQuietly(stopped);
                },
                "berth-shutdown"));
  }

  private static void handle(String name, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(),
              new Class<?>[] {handler},
              (self, method, arguments) -> {
                action.run();
                return null;
              });
      Object number = signal.getConstructor(String.class).newInstance(name);
      signal.getMethod("handle", signal, handler).invoke(null, number, proxy);
    } catch (ReflectiveOperationException e) {
      log.warn(
          "signal not handled name={} error={}",
          name,
          e.toString()); // the shutdown hook still stops in order
    }
  }

  private static void awaitQuietly(CountDownLatch stopped) {
    try {
      if (!stopped.await(LONGEST_STOP_SECONDS, TimeUnit.SECONDS)) {
        log.warn("stop took too long seconds={}", LONGEST_STOP_SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
