package io.berth.apiserver.table;

import static io.berth.apiserver.table.Cells.integer;
import static io.berth.apiserver.table.Cells.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The columns of jobs and cron jobs. */
final class BatchColumns {
  private static final List<String> ENDED = List.of("Complete", "Failed");
  private static final List<String> ON_THE_WAY =
      List.of("Suspended", "FailureTarget", "SuccessCriteriaMet");

  private BatchColumns() {}

  static List<Column> jobs() {
    List<Column> columns =
        new ArrayList<>(
            List.of(
                Column.NAME,
                Column.text("Status", "Whether it runs or how it ended.", BatchColumns::status),
                Column.text(
                    "Completions", "Pods that succeeded, of those wanted.", BatchColumns::done),
                Column.timed("Duration", "How long it took.", BatchColumns::duration),
                Column.AGE));
    columns.addAll(WorkloadColumns.templateColumns());
    columns.add(WorkloadColumns.SELECTOR);
    return columns;
  }

  static List<Column> cronJobs() {
    return List.of(
        Column.NAME,
        Column.text("Schedule", "When it makes jobs.", o -> text(o, "spec", "schedule")),
        Column.text(
            "Timezone",
            "Whose clock the schedule goes by.",
            o -> Cells.orNone(text(o, "spec", "timeZone"))),
        Column.text("Suspend", "Whether it makes none.", BatchColumns::suspended),
        Column.number("Active", "Jobs that run.", o -> o.path("status").path("active").size()),
        Column.timed("Last Schedule", "When it last made one.", BatchColumns::lastSchedule),
        Column.AGE,
        Column.text(
                "Containers",
                "Names of the template's containers.",
                o -> Cells.ofContainers(podTemplate(o), "name"))
            .wide(),
        Column.text(
                "Images",
                "Images of the template's containers.",
                o -> Cells.ofContainers(podTemplate(o), "image"))
            .wide(),
        Column.text(
                "Selector",
                "Which pods are its jobs' own.",
                o -> Cells.labelSelector(Cells.at(o, "spec", "jobTemplate", "spec", "selector")))
            .wide());
  }

  private static JsonNode podTemplate(JsonNode cronJob) {
    return Cells.at(cronJob, "spec", "jobTemplate", "spec", "template");
  }

  private static String status(JsonNode job) {
    for (String end : ENDED) {
      if (Cells.condition(job, end, "True")) {
        return end;
      }
    }
    if (job.path("metadata").hasNonNull("deletionTimestamp")) {
      return "Terminating";
    }
    for (String state : ON_THE_WAY) {
      if (Cells.condition(job, state, "True")) {
        return state;
      }
    }
    return "Running";
  }

  private static String done(JsonNode job) {
    int succeeded = integer(job, "status", "succeeded");
    JsonNode spec = job.path("spec");
    if (spec.hasNonNull("completions")) {
      return succeeded + "/" + spec.path("completions").asInt();
    }
    int parallelism = spec.path("parallelism").asInt(0);
    return succeeded + "/1" + (parallelism > 1 ? " of " + parallelism : "");
  }

  private static String duration(JsonNode job, Instant now) {
    Instant start = Ages.instant(job.path("status").path("startTime"));
    if (start == null) {
      return "";
    }
    Instant end = Ages.instant(job.path("status").path("completionTime"));
    return Ages.text(Duration.between(start, end == null ? now : end));
  }

  private static String suspended(JsonNode job) {
    JsonNode suspend = job.path("spec").path("suspend");
    return suspend.isBoolean() ? (suspend.asBoolean() ? "True" : "False") : Cells.UNSET;
  }

  private static String lastSchedule(JsonNode job, Instant now) {
    JsonNode last = job.path("status").path("lastScheduleTime");
    return last.isTextual() ? Ages.since(last, now) : Cells.NONE;
  }
}
