# Runs the command that was built. Sourced by ../berth, with home, build and the arguments set.

export BERTH_HOME=$home BERTH_CACHE
# A heap that begins small and gives back what it no longer needs: 75 MB less are resident after the start.
flags=(--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -XX:+UseSerialGC -XX:TieredStopAtLevel=4
  -Xss512k -Xms48m -XX:NewSize=24m -XX:MetaspaceSize=96m -XX:MinHeapFreeRatio=20 -XX:MaxHeapFreeRatio=40 -XX:MaxRAMPercentage=40 -XX:+UseCompactObjectHeaders
  -Djava.awt.headless=true)
case "${1:-}" in
  up | bench | server | agent | api-server | scheduler | controllers) ;;
  rehearse) flags+=("-XX:AOTCacheOutput=$build/berth.aot") ;;
  *) flags+=(-XX:TieredStopAtLevel=1) ;; # short commands: quick to start
esac
# A cache that no longer fits these jars is passed over without a word.
[ "${1:-}" != rehearse ] && [ -e "$build/berth.aot" ] && flags+=("-XX:AOTCache=$build/berth.aot" '-Xlog:aot*=off' '-Xlog:cds*=off')
exec "$JAVA_HOME/bin/java" "${flags[@]}" -cp "$build/berth-cli.jar:$build/lib/*" io.berth.cli.Main "$@"
