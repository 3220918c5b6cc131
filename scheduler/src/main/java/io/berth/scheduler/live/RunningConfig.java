package io.berth.scheduler.live;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.codec.Yaml;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.scheduler.config.Configuration;
import io.berth.scheduler.loop.SchedulerConfig;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * By what configuration a cluster's scheduler decides, kept where whoever asks about its decisions
 * can read it: a ConfigMap.
 */
public final class RunningConfig {
  static final String NAMESPACE = "kube-system";
  static final String NAME = "berth-scheduler";
  private static final String KEY = "config.yaml";

  private RunningConfig() {}

  /**
   * Makes a configuration known.
   *
   * @param file a {@code KubeSchedulerConfiguration}
   * @throws ApiException it cannot be written
   */
  public static void publish(ApiClient client, JsonNode file) {
    String text = file.toPrettyString() + "\n";
    ObjectNode map = Json.object().put("apiVersion", "v1").put("kind", "ConfigMap");
    map.putObject("metadata").put("namespace", NAMESPACE).put("name", NAME);
    map.putObject("data").put(KEY, text);
    try {
      client.create(Resources.CONFIG_MAPS, NAMESPACE, map);
    } catch (ApiException e) {
      if (!e.isAlreadyExists()) {
        throw e;
      }
      client.modify(
          Resources.CONFIG_MAPS,
          NAMESPACE,
          NAME,
          null,
          known -> known.withObject("/data").put(KEY, text));
    }
  }

  /**
   * The configuration of the cluster's scheduler; the default where none was made known.
   *
   * @throws ApiException it cannot be read
   * @throws IllegalArgumentException it is none that this version knows
   */
  public static SchedulerConfig of(ApiClient client) {
    Optional<ApiObject> map = client.find(Resources.CONFIG_MAPS, NAMESPACE, NAME);
    String text = map.map(m -> m.tree().path("data").path(KEY).asText("")).orElse("");
    if (text.isEmpty()) {
      return SchedulerConfig.DEFAULT;
    }
    try {
      return Configuration.read(Yaml.read(text.getBytes(StandardCharsets.UTF_8)));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "configmap " + NAMESPACE + "/" + NAME + ": " + e.getMessage(), e);
    }
  }
}
