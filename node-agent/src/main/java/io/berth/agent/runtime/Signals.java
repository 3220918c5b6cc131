package io.berth.agent.runtime;

import java.util.List;
import java.util.Locale;

/** Numbers of signals by name, as images name them: {@code SIGTERM}, {@code TERM}, {@code 15}. */
public final class Signals {
  public static final int KILL = 9;
  public static final int TERM = 15;
  private static final int RTMIN = 34;
  private static final int MOST = 64;

  private static final List<String> NAMES =
      List.of(
          "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV",
          "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU",
          "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS");

  private Signals() {}

  /** The signal's number; SIGTERM for an empty or unknown name. */
  public static int number(String name) {
    String plain = name.toUpperCase(Locale.ROOT);
    if (plain.startsWith("SIG")) {
      plain = plain.substring(3);
    }
    int known = NAMES.indexOf(plain);
    if (known > 0) {
      return known;
    }
    boolean realTime = plain.startsWith("RTMIN+");
    try {
      int number = Integer.parseInt(realTime ? plain.substring(6) : plain);
      int signal = realTime ? RTMIN + number : number;
      return signal > 0 && signal <= MOST ? signal : TERM;
    } catch (NumberFormatException e) {
      return TERM;
    }
  }
}
