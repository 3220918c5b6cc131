package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** Jobs and what makes them by the clock. */
final class BatchRules {
  private static final List<String> MODES = List.of("Indexed", "NonIndexed");
  private static final List<String> REPLACEMENTS = List.of("Failed", "TerminatingOrFailed");
  private static final List<String> CONCURRENCY = List.of("Allow", "Forbid", "Replace");

  private BatchRules() {}

  static void job(JsonNode spec, Report report) {
    if (!spec.path("selector").isObject()) {
      report.required("spec.selector");
    } else {
      SelectorRules.check(spec.path("selector"), "spec.selector", report);
      WorkloadRules.labelsFit(spec, "spec", report);
    }
    jobSpec(spec, "spec", report);
  }

  private static void jobSpec(JsonNode spec, String path, Report report) {
    for (String number :
        new String[] {
          "parallelism",
          "completions",
          "activeDeadlineSeconds",
          "backoffLimit",
          "backoffLimitPerIndex",
          "maxFailedIndexes",
          "ttlSecondsAfterFinished"
        }) {
      report.notNegative(spec, path, number);
    }
    report.oneOf(spec, path, "completionMode", MODES);
    boolean indexed = spec.path("completionMode").asText("").equals("Indexed");
    if (indexed && !spec.hasNonNull("completions")) {
      report.required(path + ".completions", "when completion mode is Indexed");
    }
    for (String ofIndexes : new String[] {"backoffLimitPerIndex", "maxFailedIndexes"}) {
      if (!indexed && spec.hasNonNull(ofIndexes)) {
        report.add(
            FieldError.invalid(
                path + "." + ofIndexes,
                spec.path(ofIndexes).asLong(),
                "requires indexed completion mode"));
      }
    }
    report.oneOf(spec, path, "podReplacementPolicy", REPLACEMENTS);
    PodRules.template(spec.path("template"), path + ".template", report);
    restart(spec, path, report);
  }

  private static void restart(JsonNode spec, String path, Report report) {
    String restart = spec.path("template").path("spec").path("restartPolicy").asText("");
    String at = path + ".template.spec.restartPolicy";
    if (restart.equals("Always") || restart.isEmpty()) {
      report.required(at, "valid values: \"OnFailure\", \"Never\"");
    } else if (spec.hasNonNull("podFailurePolicy") && !restart.equals("Never")) {
      report.invalid(at, restart, "only \"Never\" is supported when podFailurePolicy is specified");
    }
  }

  static void cronJob(JsonNode spec, Report report) {
    String schedule = report.text(spec, "spec", "schedule");
    if (schedule != null) {
      if (schedule.contains("TZ")) {
        report.invalid(
            "spec.schedule",
            schedule,
            "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
      } else {
        String fault = CronRules.fault(schedule);
        if (fault != null) {
          report.invalid("spec.schedule", schedule, fault);
        }
      }
    }
    JsonNode zone = spec.path("timeZone");
    if (zone.isTextual() && !CronRules.zone(zone.asText())) {
      report.invalid("spec.timeZone", zone.asText(), "unknown time zone " + zone.asText());
    }
    if (spec.path("concurrencyPolicy").asText("").isEmpty()) {
      report.required("spec.concurrencyPolicy");
    } else {
      report.oneOf(spec, "spec", "concurrencyPolicy", CONCURRENCY);
    }
    report.notNegative(spec, "spec", "startingDeadlineSeconds");
    report.notNegative(spec, "spec", "successfulJobsHistoryLimit");
    report.notNegative(spec, "spec", "failedJobsHistoryLimit");
    jobSpec(spec.path("jobTemplate").path("spec"), "spec.jobTemplate.spec", report);
  }
}
