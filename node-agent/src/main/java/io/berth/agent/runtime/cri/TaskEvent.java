package io.berth.agent.runtime.cri;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.berth.agent.runtime.cri.v1.events.Envelope;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * What containerd's events of tasks have in common: the container as field 1, the process's name as
 * field 2 (the container's own for its main process), its pid as field 3.
 */
record TaskEvent(String containerId, String processId, long pid) {

  static TaskEvent of(Envelope event) {
    String container = "";
    String process = "";
    long pid = 0;
    try {
      CodedInputStream in = event.getEvent().getValue().newCodedInput();
      int tag;
      while ((tag = in.readTag()) != 0) {
        switch (tag) {
          case 1 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED ->
              container = in.readStringRequireUtf8();
          case 2 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED ->
              process = in.readStringRequireUtf8();
          case 3 << 3 | WireFormat.WIRETYPE_VARINT -> pid = in.readUInt32();
          default -> in.skipField(tag);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new TaskEvent(container, process, pid);
  }

  boolean isMainProcess() {
    return containerId.equals(processId);
  }
}
