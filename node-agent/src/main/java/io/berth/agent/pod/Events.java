package io.berth.agent.pod;

import io.berth.client.EventRecorder;

/** Events about pods, in the words that users of Kubernetes know. */
final class Events {
  private final EventRecorder recorder;

  Events(EventRecorder recorder) {
    this.recorder = recorder;
  }

  void normal(PodView pod, String reason, String message) {
    recorder.event(pod.object(), "Normal", reason, message);
  }

  void warning(PodView pod, String reason, String message) {
    recorder.event(pod.object(), "Warning", reason, message);
  }
}
