package io.berth.controllers.loop;

/**
 * A loop that brings the cluster nearer to what its objects ask for. Built with its informers and
 * handlers in place, started once they are complete.
 */
public interface Controller extends AutoCloseable {
  /** The name in logs, metrics and health, such as {@code replicaset}. */
  String name();

  /** Begins to work. Called once, when all informers are complete. */
  void start();

  /** Whether the loop still gets its work done. */
  boolean alive();

  /** Takes no more work; what runs goes on to its end. */
  @Override
  void close();
}
