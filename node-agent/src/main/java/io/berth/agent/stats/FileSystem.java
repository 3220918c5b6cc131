package io.berth.agent.stats;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * How full a file system is, by the C library's {@code statvfs}: Java itself knows nothing of
 * inodes.
 *
 * @param capacity bytes
 * @param available bytes that others than root may still use
 * @param used bytes
 * @param inodes how many there can be; 0 where it does not count them
 * @param inodesFree of them
 */
public record FileSystem(long capacity, long available, long used, long inodes, long inodesFree) {
  /** Nothing is known of it. */
  public static final FileSystem UNKNOWN = new FileSystem(0, 0, 0, 0, 0);

  /** Larger than the structure on any 64-bit Linux, whose first fields are all 8 bytes wide. */
  private static final int STRUCTURE = 256;

  private static final int FRAGMENT = 8;
  private static final int BLOCKS = 16;
  private static final int BLOCKS_FREE = 24;
  private static final int BLOCKS_AVAILABLE = 32;
  private static final int FILES = 40;
  private static final int FILES_FREE = 48;
  private static final MethodHandle STATVFS = handle();

  @SuppressWarnings("restricted") // every way to start Berth allows native access
  private static MethodHandle handle() {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow("statvfs"),
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
  }

  /** The file system that a path is on; {@link #UNKNOWN} where it cannot be reached. */
  public static FileSystem of(Path path) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment structure = arena.allocate(STRUCTURE, 8);
      int result = (int) STATVFS.invokeExact(arena.allocateFrom(path.toString()), structure);
      return result != 0 ? UNKNOWN : read(structure);
    } catch (Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("statvfs cannot be called", e);
    }
  }

  private static FileSystem read(MemorySegment structure) {
    long block = structure.get(ValueLayout.JAVA_LONG, FRAGMENT);
    long blocks = structure.get(ValueLayout.JAVA_LONG, BLOCKS);
    return new FileSystem(
        blocks * block,
        structure.get(ValueLayout.JAVA_LONG, BLOCKS_AVAILABLE) * block,
        (blocks - structure.get(ValueLayout.JAVA_LONG, BLOCKS_FREE)) * block,
        structure.get(ValueLayout.JAVA_LONG, FILES),
        structure.get(ValueLayout.JAVA_LONG, FILES_FREE));
  }
}
