package io.berth.agent.network.services;

/** Whether an endpoint is meant for clients here, by its slice's hints. */
enum Hint {
  NONE,
  HERE,
  ELSEWHERE
}
