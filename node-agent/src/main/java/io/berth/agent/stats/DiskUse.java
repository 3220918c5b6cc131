package io.berth.agent.stats;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * What files below a directory take up: their sizes in whole blocks. Links are counted, not
 * followed. A file with holes counts as if it had none.
 *
 * @param bytes all together
 * @param inodes files and directories
 */
public record DiskUse(long bytes, long inodes) {
  public static final DiskUse NONE = new DiskUse(0, 0);

  private static final long BLOCK = 4096;

  public DiskUse plus(DiskUse other) {
    return new DiskUse(bytes + other.bytes, inodes + other.inodes);
  }

  /** Of a directory or file; none where it is not there. What vanishes meanwhile is left out. */
  public static DiskUse of(Path root) {
    long[] sum = new long[2];
    try {
      Files.walkFileTree(
          root,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes of) {
              return count(of);
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes of) {
              return count(of);
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException gone) {
              return FileVisitResult.CONTINUE;
            }

            private FileVisitResult count(BasicFileAttributes of) {
              sum[0] += (of.size() + BLOCK - 1) / BLOCK * BLOCK;
              sum[1]++;
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      return new DiskUse(sum[0], sum[1]);
    }
    return new DiskUse(sum[0], sum[1]);
  }
}
