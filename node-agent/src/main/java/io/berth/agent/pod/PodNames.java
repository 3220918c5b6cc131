package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.runtime.RuntimeDriver.Dns;
import io.berth.agent.runtime.RuntimeDriverException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A pod's host name, resolver and hosts file. Pure. */
final class PodNames {
  private static final int MAX_HOSTNAME = 63;

  /** The kernel's limit. */
  private static final int MAX_FQDN = 64;

  private PodNames() {}

  /**
   * What the pod calls itself; the records of DNS and its hosts file follow its name all the same.
   */
  static String hostname(PodView pod, PodConfig config) {
    String override = pod.spec().path("hostnameOverride").asText();
    if (!override.isEmpty()) {
      return override;
    }
    if (pod.hostNetwork()) {
      return config.nodeName();
    }
    String fqdn = fqdn(pod, config);
    if (pod.spec().path("setHostnameAsFQDN").asBoolean() && !fqdn.isEmpty()) {
      if (fqdn.length() > MAX_FQDN) {
        throw new RuntimeDriverException(
            "Failed to construct FQDN from Pod hostname and cluster domain, FQDN "
                + fqdn
                + " is too long (64 characters is the max, "
                + fqdn.length()
                + " characters requested)");
      }
      return fqdn;
    }
    return shortName(pod);
  }

  private static String shortName(PodView pod) {
    String name = pod.spec().path("hostname").asText();
    name = name.isEmpty() ? pod.id().name() : name;
    if (name.length() > MAX_HOSTNAME) {
      name = name.substring(0, MAX_HOSTNAME).replaceAll("[-.]+$", "");
    }
    return name;
  }

  /** Empty where the pod has no subdomain. */
  private static String fqdn(PodView pod, PodConfig config) {
    String subdomain = pod.spec().path("subdomain").asText();
    if (subdomain.isEmpty()) {
      return "";
    }
    return String.join(
        ".", shortName(pod), subdomain, pod.id().namespace(), "svc", config.clusterDomain());
  }

  /** Null for the node's resolver as it is. */
  static @Nullable Dns dns(PodView pod, PodConfig config) {
    String policy = pod.spec().path("dnsPolicy").asText("ClusterFirst");
    boolean cluster =
        policy.equals("ClusterFirstWithHostNet")
            || (policy.equals("ClusterFirst") && !pod.hostNetwork());
    JsonNode own = pod.spec().path("dnsConfig");
    Dns base;
    if (policy.equals("None")) {
      base = new Dns(List.of(), List.of(), List.of());
    } else if (cluster && !config.clusterDns().isEmpty()) {
      base = clusterDns(pod, config);
    } else if (own.isEmpty()) {
      return null;
    } else {
      base = config.nodeDns();
    }
    List<String> options = new ArrayList<>(base.options());
    for (JsonNode option : own.path("options")) {
      String value = option.path("value").asText();
      String name = option.path("name").asText();
      options.removeIf(o -> o.split(":", 2)[0].equals(name));
      options.add(value.isEmpty() ? name : name + ":" + value);
    }
    return new Dns(
        joined(base.servers(), own.path("nameservers")),
        joined(base.searches(), own.path("searches")),
        options);
  }

  private static Dns clusterDns(PodView pod, PodConfig config) {
    List<String> searches = new ArrayList<>();
    searches.add(pod.id().namespace() + ".svc." + config.clusterDomain());
    searches.add("svc." + config.clusterDomain());
    searches.add(config.clusterDomain());
    searches.addAll(config.nodeDns().searches());
    return new Dns(config.clusterDns(), searches, List.of("ndots:5"));
  }

  private static List<String> joined(List<String> base, JsonNode more) {
    Set<String> all = new LinkedHashSet<>(base);
    more.forEach(item -> all.add(item.asText()));
    return List.copyOf(all);
  }

  /**
   * @param nodeHosts the node's own file, for pods that share its network
   * @param ips the pod's addresses; empty before it has any
   */
  static String hosts(PodView pod, PodConfig config, String nodeHosts, List<String> ips) {
    StringBuilder text = new StringBuilder();
    if (pod.hostNetwork()) {
      text.append("# Managed by the node's agent (the node's own network).\n").append(nodeHosts);
    } else {
      text.append("# Managed by the node's agent.\n");
      text.append("127.0.0.1\tlocalhost\n");
      text.append("::1\tlocalhost ip6-localhost ip6-loopback\n");
      text.append("fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\n");
      text.append("fe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n");
      String fqdn = fqdn(pod, config);
      for (String ip : ips) {
        text.append(ip).append('\t').append(fqdn.isEmpty() ? "" : fqdn + "\t");
        text.append(shortName(pod)).append('\n');
      }
    }
    for (JsonNode alias : pod.spec().path("hostAliases")) {
      text.append(alias.path("ip").asText());
      alias.path("hostnames").forEach(name -> text.append('\t').append(name.asText()));
      text.append('\n');
    }
    return text.toString();
  }
}
