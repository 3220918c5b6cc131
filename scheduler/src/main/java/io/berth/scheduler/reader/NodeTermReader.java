package io.berth.scheduler.reader;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.scheduler.core.NodeTerm;
import io.berth.scheduler.core.Requirement;
import java.util.ArrayList;
import java.util.List;

/** Reads node selector terms as pods, volumes and configuration files have them. */
public final class NodeTermReader {
  private NodeTermReader() {}

  /**
   * @throws IllegalArgumentException an operator is not known
   */
  public static NodeTerm term(JsonNode term) {
    return new NodeTerm(
        requirements(term.path("matchExpressions")), requirements(term.path("matchFields")));
  }

  private static List<Requirement> requirements(JsonNode expressions) {
    List<Requirement> requirements = new ArrayList<>();
    for (JsonNode expression : expressions) {
      requirements.add(
          new Requirement(
              expression.path("key").asText(),
              Requirement.Operator.of(expression.path("operator").asText()),
              ShapeReader.strings(expression.path("values"))));
    }
    return requirements;
  }
}
