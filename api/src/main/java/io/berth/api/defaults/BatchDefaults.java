package io.berth.api.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Defaults of jobs and of what makes them by the clock. */
final class BatchDefaults {
  private BatchDefaults() {}

  static void job(ObjectNode job) {
    ObjectNode spec = Unset.object(job, "spec");
    boolean limitPerIndex = !Unset.unset(spec, "backoffLimitPerIndex");
    if (Unset.unset(spec, "parallelism")) {
      Unset.number(spec, "completions", 1); // where parallelism is given, no number ends the job
      spec.put("parallelism", 1);
    }
    Unset.number(spec, "backoffLimit", limitPerIndex ? Integer.MAX_VALUE : 6);
    Unset.text(spec, "completionMode", "NonIndexed");
    Unset.flag(spec, "suspend", false);
    Unset.flag(spec, "manualSelector", false);
    Unset.text(
        spec,
        "podReplacementPolicy",
        Unset.unset(spec, "podFailurePolicy") ? "TerminatingOrFailed" : "Failed");
    ObjectNode template = Unset.object(spec, "template");
    WorkloadDefaults.labelsOf(template, job);
    failurePolicy(spec);
    WorkloadDefaults.template(template);
    Unset.object(job, "status");
  }

  /** The job inside gets its defaults when it is made, all but those of its pods. */
  static void cronJob(ObjectNode cronJob) {
    ObjectNode spec = Unset.object(cronJob, "spec");
    Unset.text(spec, "concurrencyPolicy", "Allow");
    Unset.flag(spec, "suspend", false);
    Unset.number(spec, "successfulJobsHistoryLimit", 3);
    Unset.number(spec, "failedJobsHistoryLimit", 1);
    ObjectNode template = Unset.object(spec, "jobTemplate");
    Unset.object(template, "metadata");
    ObjectNode job = Unset.object(template, "spec");
    failurePolicy(job);
    WorkloadDefaults.template(Unset.object(job, "template"));
    Unset.object(cronJob, "status");
  }

  private static void failurePolicy(ObjectNode job) {
    Unset.within(
        job,
        "podFailurePolicy",
        policy ->
            Unset.each(
                policy,
                "rules",
                rule ->
                    Unset.each(
                        rule,
                        "onPodConditions",
                        pattern -> Unset.text(pattern, "status", "True"))));
  }
}
