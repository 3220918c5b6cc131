package io.berth.agent.images;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * The image that holds a sandbox's namespaces open. Its one program, a few machine instructions in
 * an ELF header, has the kernel reap its orphans (SIGCHLD ignored) and waits for ever; written here
 * so that no compiler is needed and nothing is downloaded.
 */
public final class PauseImage {
  /** Its full name. */
  public static final String NAME = "berth.local/pause:1";

  /**
   * rt_sigaction(SIGCHLD, {SIG_IGN}, NULL, 8), then pause() in a loop; the action's 32 bytes come
   * behind the code.
   */
  private static final String X86_64 =
      "b80d000000" // mov eax, 13
          + "bf11000000" // mov edi, 17
          + "488d3517000000" // lea rsi, [rip+0x17]
          + "31d2" // xor edx, edx
          + "41ba08000000" // mov r10d, 8
          + "0f05" // syscall
          + "b822000000" // mov eax, 34
          + "0f05" // syscall
          + "ebf7" // jmp -9
          + "0f1f4000" // nop
          + "0100000000000000"
          + "00".repeat(24);

  /** The same with ppoll(NULL, 0, NULL, NULL), for there is no pause() on this architecture. */
  private static final int[] AARCH64 = {
    movz(8, 134), // rt_sigaction
    movz(0, 17),
    0x10000000 | 12 << 5 | 1, // adr x1, +48
    movz(2, 0),
    movz(3, 8),
    0xd4000001, // svc 0
    movz(8, 73), // ppoll
    movz(0, 0),
    movz(1, 0),
    movz(2, 0),
    movz(3, 0),
    0xd4000001, // svc 0
    0x14000000 | (-6 & 0x3ffffff), // b -6
    0xd503201f, // nop
    1,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
  };

  private static final int HEADERS = 64 + 56;
  private static final long ADDRESS = 0x400000;

  private PauseImage() {}

  /** Writes the image's archive for this machine. */
  public static void write(Path archive) throws IOException {
    FileTree files = new FileTree().file("/pause", program(OciArchive.architecture()), 0755);
    OciArchive.write(archive, NAME, files, ImageSpec.running("/pause"));
  }

  /** The program as an ELF file with one segment. */
  static byte[] program(String architecture) {
    boolean arm = architecture.equals("arm64");
    if (!arm && !architecture.equals("amd64")) {
      throw new IllegalStateException("there is no pause program for " + architecture);
    }
    byte[] code = arm ? words(AARCH64) : HexFormat.of().parseHex(X86_64);
    int machine = arm ? 183 : 62;
    ByteBuffer elf = ByteBuffer.allocate(HEADERS + code.length).order(ByteOrder.LITTLE_ENDIAN);
    elf.putInt(0x464c457f).put(new byte[] {2, 1, 1, 0}).putLong(0);
    elf.putShort((short) 2).putShort((short) machine).putInt(1);
    elf.putLong(ADDRESS + HEADERS).putLong(64).putLong(0).putInt(0);
    elf.putShort((short) 64).putShort((short) 56).putShort((short) 1);
    elf.putShort((short) 0).putShort((short) 0).putShort((short) 0);
    int readAndExecute = 5;
    elf.putInt(1).putInt(readAndExecute).putLong(0).putLong(ADDRESS).putLong(ADDRESS);
    elf.putLong(elf.capacity()).putLong(elf.capacity()).putLong(0x10000);
    return elf.put(code).array();
  }

  private static int movz(int register, int value) {
    return 0xd2800000 | value << 5 | register;
  }

  private static byte[] words(int[] instructions) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * instructions.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int instruction : instructions) {
      bytes.putInt(instruction);
    }
    return bytes.array();
  }
}
