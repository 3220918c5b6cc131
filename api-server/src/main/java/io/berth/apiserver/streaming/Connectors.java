package io.berth.apiserver.streaming;

import io.berth.apiserver.server.Backend;
import io.berth.apiserver.server.RequestHandler;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/** The subresources that are no stored objects but ways to a node's agent. */
public final class Connectors {
  private Connectors() {}

  /**
   * The handlers by resource and subresource: {@code pods/exec}.
   *
   * @param agents how node agents are spoken to
   * @param random chooses among a service's endpoints
   * @param admission asked about everything but logs
   */
  public static Map<String, RequestHandler> all(
      ObjectLookup objects,
      NodeClient client,
      Backend.Trust agents,
      RandomGenerator random,
      ConnectAdmission admission) {
    Map<String, RequestHandler> all = new HashMap<>(PodSessions.all(objects, client, admission));
    all.put("pods/log", new PodLogs(objects, client));
    ProxyLocators locators = new ProxyLocators(objects, agents, random);
    all.put("pods/proxy", new Proxy(locators::pod, admission));
    all.put("services/proxy", new Proxy(locators::service, admission));
    all.put("nodes/proxy", new Proxy(locators::node, admission));
    return Map.copyOf(all);
  }
}
