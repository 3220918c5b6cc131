# Finds a JDK of at least 25 and sets JAVA_HOME and MAVEN_OPTS. Sourced by ../berth and ../verify.

java_major() { # the major version of the JDK in $1, or nothing
  [ -x "$1/bin/javac" ] || return 1
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null
}

find_jdk() {
  local candidate major on_path
  on_path=$(command -v javac || true)
  [ -n "$on_path" ] && on_path=$(dirname "$(dirname "$(readlink -f "$on_path")")")
  for candidate in "${JAVA_HOME:-}" "$on_path" /usr/lib/jvm/* /opt/*jdk* /opt/java/* "$HOME"/.sdkman/candidates/java/* \
    "$HOME"/.jdks/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    [ -n "$candidate" ] || continue
    major=$(java_major "$candidate") || continue
    if [ "${major:-0}" -ge 25 ]; then
      export JAVA_HOME=$candidate
      export MAVEN_OPTS="${MAVEN_OPTS:-} --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
      return 0
    fi
  done
  echo "berth: no JDK 25 or newer found. Install one (for example Temurin 25) and set JAVA_HOME to it." >&2
  return 1
}
