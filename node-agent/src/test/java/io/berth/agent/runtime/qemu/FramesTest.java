package io.berth.agent.runtime.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FramesTest {
  private final List<String> got = new ArrayList<>();
  private final Frames.Decoder decoder =
      new Frames.Decoder((type, payload) -> got.add(type + ":" + hex(payload)));

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  @Test
  void aFrameLooksAsTheGuestExpectsIt() {
    ByteBuffer frame = Frames.encode(2, new byte[] {(byte) 0xC0, (byte) 0xDB, 1});
    byte[] bytes = new byte[frame.remaining()];
    frame.get(bytes);
    assertThat(hex(bytes)).startsWith("c002dbdcdbdd01").endsWith("c0");
  }

  @Test
  void anyBytesComeBackHoweverTheStreamIsCut() {
    Random random = new Random(7);
    List<String> sent = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      byte[] payload = new byte[random.nextInt(300)];
      random.nextBytes(payload);
      sent.add(i + ":" + hex(payload));
      ByteBuffer frame = Frames.encode(i, payload);
      while (frame.hasRemaining()) {
        int piece = Math.min(frame.remaining(), 1 + random.nextInt(50));
        decoder.accept(frame.slice(frame.position(), piece));
        frame.position(frame.position() + piece);
      }
    }
    assertThat(got).isEqualTo(sent);
  }

  @Test
  void aCutFrameIsDroppedAndTheNextIsWhole() {
    ByteBuffer cut = Frames.encode(1, new byte[] {1, 2, 3});
    cut.limit(5);
    decoder.accept(cut);
    decoder.accept(Frames.encode(2, new byte[] {4}));
    assertThat(got).containsExactly("2:04");
  }

  @Test
  void aFrameWithAnEndlessBodyIsDroppedWithoutGrowing() {
    for (int i = 0; i < 100; i++) {
      decoder.accept(ByteBuffer.wrap(new byte[16 * 1024]));
    }
    decoder.accept(Frames.encode(3, new byte[] {5}));
    assertThat(got).containsExactly("3:05");
    assertThatThrownBy(() -> Frames.encode(1, new byte[GuestMessage.MAX_FRAME]))
        .isInstanceOf(Payload.ProtocolException.class);
  }

  @Test
  void payloadsAreReadAsTheyWereWritten() {
    byte[] bytes =
        new Payload()
            .u8(200)
            .u32(-2)
            .u64(Long.MIN_VALUE)
            .str("hällo")
            .strs(List.of("a", ""))
            .toBytes();
    Payload.Reader in = new Payload.Reader(bytes);
    assertThat(in.u8()).isEqualTo(200);
    assertThat(in.u32()).isEqualTo(-2);
    assertThat(in.u64()).isEqualTo(Long.MIN_VALUE);
    assertThat(in.str()).isEqualTo("hällo");
    assertThat(in.strs()).containsExactly("a", "");
    assertThatThrownBy(in::u8).isInstanceOf(Payload.ProtocolException.class);
    assertThatThrownBy(() -> new Payload.Reader(new Payload().u32(99).toBytes()).bytes())
        .isInstanceOf(Payload.ProtocolException.class);
  }
}
