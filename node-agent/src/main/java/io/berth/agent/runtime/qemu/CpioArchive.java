package io.berth.agent.runtime.qemu;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** An archive in cpio's {@code newc} format, which is what the kernel unpacks as its first root. */
final class CpioArchive {
  private static final int DIRECTORY = 0040000;
  private static final int FILE = 0100000;
  private static final int CHARACTER_DEVICE = 0020000;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private int nextInode = 1;

  CpioArchive directory(String name) {
    entry(name, DIRECTORY | 0755, new byte[0], 0, 0);
    return this;
  }

  CpioArchive file(String name, int mode, byte[] content) {
    entry(name, FILE | mode, content, 0, 0);
    return this;
  }

  CpioArchive device(String name, int major, int minor) {
    entry(name, CHARACTER_DEVICE | 0600, new byte[0], major, minor);
    return this;
  }

  byte[] toBytes() {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.writeBytes(out.toByteArray());
    CpioArchive end = new CpioArchive();
    end.nextInode = 0;
    end.entry("TRAILER!!!", 0, new byte[0], 0, 0);
    whole.writeBytes(end.out.toByteArray());
    return whole.toByteArray();
  }

  /** The header: thirteen numbers of eight hexadecimal digits behind the magic. */
  private void entry(String name, int mode, byte[] content, int major, int minor) {
    byte[] nameBytes = (name + "\0").getBytes(StandardCharsets.UTF_8);
    int[] fields = {
      nextInode++, mode, 0, 0, 1, 0, content.length, 0, 0, major, minor, nameBytes.length, 0
    };
    StringBuilder header = new StringBuilder("070701");
    for (int field : fields) {
      header.append(String.format(Locale.ROOT, "%08X", field));
    }
    out.writeBytes(header.toString().getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(nameBytes);
    pad();
    out.writeBytes(content);
    pad();
  }

  private void pad() {
    while (out.size() % 4 != 0) {
      out.write(0);
    }
  }
}
