package io.berth.agent.volumes;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A place in a file system that is held by a descriptor, so that it stays the same whatever becomes
 * of its name: the part of openat2(2), mkdirat(2), mount(2) and umount2(2) that Java lacks.
 */
@SuppressWarnings("restricted") // calls of the C library
final class OpenFile implements AutoCloseable {
  private static final int ENOENT = 2;
  private static final int EAGAIN = 11;
  private static final int EEXIST = 17;
  private static final int EXDEV = 18;
  private static final int EINVAL = 22;
  private static final int ELOOP = 40;

  private static final long SYS_OPENAT2 = 437;
  private static final int AT_FDCWD = -100;
  private static final long O_PATH_CLOEXEC = 010000000L | 02000000L;
  private static final long O_DIRECTORY = 0200000L;
  private static final long RESOLVE_NO_MAGICLINKS = 2;
  private static final long RESOLVE_BENEATH = 8;
  private static final long MS_BIND = 4096;
  private static final int MNT_DETACH = 2;
  private static final int UMOUNT_NOFOLLOW = 8;
  private static final int TRIES = 32;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  private static final MethodHandle SYSCALL =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("syscall"),
          FunctionDescriptor.of(LONG, LONG, LONG, ValueLayout.ADDRESS, ValueLayout.ADDRESS, LONG),
          Linker.Option.captureCallState("errno"),
          Linker.Option.firstVariadicArg(1));
  private static final MethodHandle MKDIRAT =
      call("mkdirat", FunctionDescriptor.of(INT, INT, ValueLayout.ADDRESS, INT));
  private static final MethodHandle MOUNT =
      call(
          "mount",
          FunctionDescriptor.of(
              INT,
              ValueLayout.ADDRESS,
              ValueLayout.ADDRESS,
              ValueLayout.ADDRESS,
              LONG,
              ValueLayout.ADDRESS));
  private static final MethodHandle UMOUNT2 =
      call("umount2", FunctionDescriptor.of(INT, ValueLayout.ADDRESS, INT));
  private static final MethodHandle CLOSE = call("close", FunctionDescriptor.of(INT, INT));

  private final int descriptor;

  private OpenFile(int descriptor) {
    this.descriptor = descriptor;
  }

  private static MethodHandle call(String name, FunctionDescriptor type) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name), type, Linker.Option.captureCallState("errno"));
  }

  /** A directory by its name, links followed. */
  static OpenFile directory(Path path) throws IOException {
    OpenFile found = open(AT_FDCWD, path.toString(), O_DIRECTORY, 0);
    if (found == null) {
      throw new IOException("no such directory: " + path);
    }
    return found;
  }

  /**
   * What a relative path leads to; null where it leads to nothing.
   *
   * @throws IOException it leads out of this directory
   */
  @Nullable OpenFile beneath(String path) throws IOException {
    return open(descriptor, path, 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
  }

  /** The same directory once more. */
  OpenFile again() throws IOException {
    OpenFile same = beneath(".");
    if (same == null) {
      throw new IOException("the directory has gone");
    }
    return same;
  }

  private static @Nullable OpenFile open(int at, String path, long flags, long resolve)
      throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CALL_STATE);
      MemorySegment how = arena.allocate(LONG, 3); // flags, mode, resolve
      how.setAtIndex(LONG, 0, O_PATH_CLOEXEC | flags);
      how.setAtIndex(LONG, 2, resolve);
      MemorySegment name = arena.allocateFrom(path);
      for (int i = 0; i < TRIES; i++) {
        long result =
            (long) SYSCALL.invokeExact(state, SYS_OPENAT2, (long) at, name, how, how.byteSize());
        if (result >= 0) {
          return new OpenFile((int) result);
        }
        int error = (int) ERRNO.get(state, 0L);
        if (error == ENOENT) {
          return null;
        }
        if (error != EAGAIN) { // something was renamed meanwhile
          throw failure("open", path, error);
        }
      }
      throw new IOException(path + " is being changed all the time");
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** Makes a directory in this one; one that is there already is no error. */
  void makeDirectory(String name, int mode) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CALL_STATE);
      int result = (int) MKDIRAT.invokeExact(state, descriptor, arena.allocateFrom(name), mode);
      check(result, state, "mkdir", name, EEXIST);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** Mounts it at a place as well. */
  void bind(Path target) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CALL_STATE);
      MemorySegment from = arena.allocateFrom(path().toString());
      MemorySegment to = arena.allocateFrom(target.toString());
      MemorySegment none = MemorySegment.NULL;
      int result = (int) MOUNT.invokeExact(state, from, to, none, MS_BIND, none);
      check(result, state, "mount", target.toString(), 0);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** Unmounts what is mounted at a place, at once for who looks, later for who uses it. */
  static boolean unmount(Path target) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CALL_STATE);
      MemorySegment at = arena.allocateFrom(target.toString());
      int result = (int) UMOUNT2.invokeExact(state, at, MNT_DETACH | UMOUNT_NOFOLLOW);
      int error = (int) ERRNO.get(state, 0L);
      if (result != 0 && error == ENOENT) {
        return false;
      }
      check(result, state, "umount", target.toString(), EINVAL);
      return result == 0;
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** A name of it that leads nowhere else, as long as it is open. */
  Path path() {
    return Path.of("/proc/self/fd/" + descriptor);
  }

  private static void check(int result, MemorySegment state, String call, String path, int allowed)
      throws IOException {
    int error = (int) ERRNO.get(state, 0L);
    if (result != 0 && error != allowed) {
      throw failure(call, path, error);
    }
  }

  private static IOException failure(String call, String path, int error) {
    return switch (error) {
      case EXDEV, ELOOP -> new IOException("a link in " + path + " leads out of the volume");
      default -> new IOException("cannot " + call + " " + path + ": error " + error);
    };
  }

  private static IOException rethrown(Throwable e) {
    return switch (e) {
      case IOException io -> io;
      case RuntimeException runtime -> throw runtime;
      case Error error -> throw error;
      default -> new IOException(e);
    };
  }

  @Override
  public void close() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CALL_STATE);
      int result = (int) CLOSE.invokeExact(state, descriptor);
      check(result, state, "close", "a file", 0);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }
}
