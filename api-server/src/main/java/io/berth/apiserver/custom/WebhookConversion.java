package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.webhook.WebhookClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.random.RandomGenerator;

/** Has a webhook convert the objects of a definition: all of a list in one call. */
final class WebhookConversion implements Conversion {
  private static final String VERSION = "apiextensions.k8s.io/v1";
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final String kind;
  private final JsonNode config;
  private final WebhookClient client;
  private final RandomGenerator random;

  WebhookConversion(JsonNode crd, WebhookClient client, RandomGenerator random) {
    this.kind = crd.path("spec").path("names").path("kind").asText();
    this.config = crd.path("spec").path("conversion").path("webhook").path("clientConfig");
    this.client = client;
    this.random = random;
  }

  @Override
  public List<ObjectNode> convert(List<ObjectNode> objects, String apiVersion) {
    ObjectNode review = Json.object().put("kind", "ConversionReview").put("apiVersion", VERSION);
    ObjectNode request = review.putObject("request");
    String uid = new UUID(random.nextLong(), random.nextLong()).toString();
    request.put("uid", uid).put("desiredAPIVersion", apiVersion);
    objects.forEach(request.putArray("objects")::add);
    String from = objects.getFirst().path("apiVersion").asText();
    try {
      return read(client.post(config, review, LIMIT), uid, objects, apiVersion);
    } catch (IOException e) {
      throw failed(from, e.getMessage() == null ? "" : e.getMessage());
    }
  }

  private List<ObjectNode> read(
      ObjectNode answer, String uid, List<ObjectNode> objects, String apiVersion) {
    String from = objects.getFirst().path("apiVersion").asText();
    JsonNode response = answer.path("response");
    if (!response.path("uid").asText().equals(uid)) {
      throw failed(
          from,
          "expected response.uid=\"" + uid + "\", got \"" + response.path("uid").asText() + "\"");
    }
    JsonNode result = response.path("result");
    if (!result.path("status").asText().equals("Success")) {
      throw failed(from, result.path("message").asText("unknown error"));
    }
    if (!(response.path("convertedObjects") instanceof ArrayNode converted)
        || converted.size() != objects.size()) {
      throw failed(
          from,
          "returned "
              + response.path("convertedObjects").size()
              + " objects, expected "
              + objects.size());
    }
    List<ObjectNode> all = new ArrayList<>();
    for (int i = 0; i < objects.size(); i++) {
      all.add(checked(objects.get(i), converted.get(i), apiVersion, i));
    }
    return all;
  }

  /** Metadata stays, but for labels and annotations. */
  private ObjectNode checked(ObjectNode before, JsonNode after, String apiVersion, int index) {
    String from = before.path("apiVersion").asText();
    if (!(after instanceof ObjectNode object)
        || !object.path("apiVersion").asText().equals(apiVersion)) {
      throw failed(
          from, "returned object " + index + " has an invalid apiVersion, expected " + apiVersion);
    }
    if (!object.path("kind").asText().equals(before.path("kind").asText())) {
      throw failed(from, "returned object " + index + " has another kind");
    }
    ObjectNode metadata = Meta.of(before).deepCopy();
    Meta.copy("labels", object.path("metadata"), metadata);
    Meta.copy("annotations", object.path("metadata"), metadata);
    object.set("metadata", metadata);
    return object;
  }

  private ApiException failed(String from, String why) {
    return Errors.internal("conversion webhook for " + from + ", Kind=" + kind + " failed: " + why);
  }
}
