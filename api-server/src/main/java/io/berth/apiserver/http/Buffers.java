package io.berth.apiserver.http;

import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;

/** Bytes as Vert.x wants them, without copying. */
final class Buffers {
  private Buffers() {}

  /** The bytes must not be changed any more. */
  static Buffer wrap(byte[] bytes) {
    return BufferInternal.buffer(Unpooled.wrappedBuffer(bytes));
  }
}
