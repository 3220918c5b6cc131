package io.berth.agent.server;

/** One connection that several readers hold up: it goes on once none of them does. */
final class PauseGate {
  private final Runnable pause;
  private final Runnable resume;
  private int held;

  /** Neither may block. */
  PauseGate(Runnable pause, Runnable resume) {
    this.pause = pause;
    this.resume = resume;
  }

  synchronized void pause() {
    if (held++ == 0) {
      pause.run();
    }
  }

  synchronized void resume() {
    if (--held == 0) {
      resume.run();
    }
  }
}
