package io.berth.agent.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.spdy.SpdyFrame;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyVersion;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.util.function.Consumer;

/**
 * SPDY/3.1 frames to bytes and back, apart from any connection. Headers are compressed with what
 * went before in mind, so that frames are to be sent in the order in which they were encoded; the
 * lock is the caller's.
 */
final class SpdyFraming implements AutoCloseable {
  private final EmbeddedChannel in = new EmbeddedChannel(new SpdyFrameCodec(SpdyVersion.SPDY_3_1));
  private final EmbeddedChannel out = new EmbeddedChannel(new SpdyFrameCodec(SpdyVersion.SPDY_3_1));

  /**
   * Takes bytes as they came, and hands on the frames that are whole.
   *
   * @throws IllegalArgumentException this is no SPDY
   */
  void decode(byte[] bytes, Consumer<SpdyFrame> frames) {
    try {
      in.writeInbound(Unpooled.wrappedBuffer(bytes));
    } catch (RuntimeException e) {
      throw new IllegalArgumentException("not SPDY/3.1: " + e.getMessage(), e);
    }
    SpdyFrame frame;
    while ((frame = in.readInbound()) != null) {
      try {
        frames.accept(frame);
      } finally {
        ReferenceCountUtil.release(frame);
      }
    }
  }

  byte[] encode(SpdyFrame frame) {
    out.writeOutbound(frame);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ByteBuf piece;
    while ((piece = out.readOutbound()) != null) {
      bytes.writeBytes(ByteBufUtil.getBytes(piece));
      piece.release();
    }
    return bytes.toByteArray();
  }

  @Override
  public void close() {
    in.finishAndReleaseAll();
    out.finishAndReleaseAll();
  }
}
