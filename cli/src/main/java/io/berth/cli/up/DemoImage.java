package io.berth.cli.up;

import io.berth.agent.images.FileTree;
import io.berth.agent.images.ImageSpec;
import io.berth.agent.images.OciArchive;
import io.berth.cli.CommandException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Makes the demo's image from this machine's static busybox: a small web server that says which pod
 * it is.
 */
final class DemoImage {
  /** The name that the demo's manifest uses, in full. */
  static final String NAME = "docker.io/library/berth-demo:1";

  private static final Path BUSYBOX = Path.of("/bin/busybox");
  private static final List<String> APPLETS =
      List.of(
          "sh",
          "cat",
          "date",
          "echo",
          "env",
          "false",
          "hostname",
          "httpd",
          "id",
          "ip",
          "kill",
          "ls",
          "mkdir",
          "mount",
          "nslookup",
          "ping",
          "ps",
          "rm",
          "sha256sum",
          "sleep",
          "stat",
          "tar",
          "test",
          "top",
          "touch",
          "true",
          "uname",
          "wget");
  private static final String SERVE =
      """
      #!/bin/sh
      # Says which pod this is, and serves the same as a page.
      mkdir -p /tmp/www
      echo "hello from $(hostname), kernel $(uname -r)" > /tmp/www/index.html
      cat /tmp/www/index.html
      exec httpd -f -v -p 8080 -h /tmp/www
      """;

  private DemoImage() {}

  /** Writes the archive. */
  static void write(Path archive) {
    if (!Files.exists(BUSYBOX)) {
      throw new CommandException(BUSYBOX + " is missing: install the package busybox-static");
    }
    try {
      FileTree files =
          new FileTree()
              .busybox(BUSYBOX, APPLETS)
              .directory("tmp", 0777)
              .directory("etc", 0755)
              .file(
                  "etc/passwd",
                  "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")
              .file("etc/group", "root:x:0:\nnogroup:x:65534:\n")
              .file("bin/serve", SERVE.getBytes(StandardCharsets.UTF_8), 0755);
      ImageSpec spec =
          ImageSpec.running("/bin/serve")
              .withEnv(List.of("PATH=/bin:/usr/bin"))
              .withPorts("8080/tcp");
      OciArchive.write(archive, NAME, files, spec);
    } catch (IOException e) {
      throw new CommandException("the demo's image cannot be made: " + e.getMessage(), e);
    }
  }
}
