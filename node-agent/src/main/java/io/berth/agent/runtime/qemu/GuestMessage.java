package io.berth.agent.runtime.qemu;

/**
 * Types of the frames on a guest's port; {@code PROTOCOL.md} beside the guest says what each holds.
 */
final class GuestMessage {
  static final int HELLO = 0x01;
  static final int SETUP = 0x02;
  static final int START = 0x03;
  static final int SIGNAL = 0x04;
  static final int REMOVE = 0x05;
  static final int EXEC = 0x06;
  static final int EXEC_INPUT = 0x07;
  static final int EXEC_RESIZE = 0x08;
  static final int EXEC_KILL = 0x09;
  static final int EXEC_CREDIT = 0x0a;
  static final int OUTPUT_ACK = 0x0b;
  static final int FILE = 0x0c;
  static final int STATS = 0x0d;
  static final int POWEROFF = 0x0e;

  static final int REPLY = 0x80;
  static final int WELCOME = 0x81;
  static final int OUTPUT = 0x82;
  static final int EXITED = 0x83;
  static final int EXEC_OUTPUT = 0x84;
  static final int EXEC_INPUT_CREDIT = 0x85;
  static final int EXEC_EXITED = 0x86;

  static final int PROTOCOL_VERSION = 1;

  /** The longest frame, type and checksum included, before escaping. */
  static final int MAX_FRAME = 256 * 1024;

  private GuestMessage() {}
}
