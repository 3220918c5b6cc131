package io.berth.controllers.deployment;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One step of a Deployment: what to write, and the status then.
 *
 * @param actions in order
 * @param status the status as it is to be
 * @param again when the step is to be taken again although nothing may have happened
 */
record DeploymentPlan(List<Action> actions, ObjectNode status, Optional<Duration> again) {
  /**
   * @param sets the ReplicaSets that the Deployment controls
   * @param running uids of ReplicaSets of which pods have not ended yet
   */
  static DeploymentPlan decide(
      DeploymentFacts deployment, List<Version> sets, Set<String> running, Instant now) {
    return new Step(deployment, sets, running, now).take();
  }

  /** Gathers what a step decides on. */
  private static final class Step {
    private final DeploymentFacts deployment;
    private final List<Version> all;
    private final List<Version> old;
    private final @Nullable Version newest;
    private final Set<String> running;
    private final Progress progress;
    private final int collisions;

    private final Map<String, Action.Change> changes = new TreeMap<>();
    private final List<Action> actions = new ArrayList<>();

    Step(DeploymentFacts deployment, List<Version> sets, Set<String> running, Instant now) {
      this.deployment = deployment;
      this.all = sets;
      this.newest = Revisions.newest(deployment, sets).orElse(null);
      this.old =
          sets.stream().filter(s -> newest == null || !s.uid().equals(newest.uid())).toList();
      this.running = running;
      this.progress = new Progress(deployment, now);
      this.collisions = deployment.status().path("collisionCount").asInt();
    }

    DeploymentPlan take() {
      if (deployment.deleting()) {
        return plan(false);
      }
      progress.notePause();
      if (newest != null) {
        noteNewest(newest);
      }
      if (deployment.paused() || sizeChanged()) {
        resize();
        if (deployment.paused()) {
          cleanUp();
        }
        return plan(false);
      }
      boolean moved = deployment.recreate() ? recreate() : roll();
      if (!moved && Progress.complete(deployment, deployment.status())) {
        cleanUp();
      }
      return plan(true);
    }

    private DeploymentPlan plan(boolean judged) {
      ObjectNode status = progress.counted(all, newest, collisions);
      if (judged) {
        progress.judge(status, all, newest);
      }
      if (!progress.conditions().isEmpty()) {
        status.set("conditions", progress.conditions());
      }
      List<Action> inOrder = new ArrayList<>(changes.values());
      inOrder.addAll(actions);
      Optional<Duration> again = judged ? progress.deadline(status) : Optional.empty();
      return new DeploymentPlan(inOrder, status, again);
    }

    /** The newest version bears the Deployment's annotations and the highest revision. */
    private void noteNewest(Version set) {
      SortedMap<String, String> annotations =
          Revisions.annotations(deployment, set.annotations(), Revisions.next(old));
      boolean same =
          annotations.equals(set.annotations())
              && set.minReadySeconds() == deployment.minReadySeconds();
      if (!same) {
        change(set, set.replicas(), annotations);
      }
      noteRevision(Version.number(annotations.get(Version.REVISION)));
      progress.noteFound(set.name());
    }

    private void noteRevision(long revision) {
      if (Version.number(deployment.annotations().get(Version.REVISION)) != revision) {
        actions.add(new Action.NoteRevision(revision));
      }
    }

    /** Whether {@code spec.replicas} changed since a version was last given its size. */
    private boolean sizeChanged() {
      return active(all).stream()
          .map(set -> set.annotations().get(Version.DESIRED))
          .anyMatch(was -> was != null && Version.number(was) != deployment.replicas());
    }

    private static List<Version> active(List<Version> sets) {
      return sets.stream().filter(set -> set.replicas() > 0).toList();
    }

    private void resize() {
      List<Version> active = active(all);
      if (active.size() <= 1) {
        onlyOne(active).ifPresent(set -> scale(set, deployment.replicas()));
      } else if (newest != null && saturated(newest)) {
        active(old).forEach(set -> scale(set, 0));
      } else if (!deployment.recreate()) {
        Rollout.proportional(deployment, active).forEach(s -> scale(s.set(), s.replicas()));
      }
    }

    private Optional<Version> onlyOne(List<Version> active) {
      if (active.size() == 1) {
        return Optional.of(active.getFirst());
      }
      return newest != null ? Optional.of(newest) : old.stream().max(Version.BY_AGE);
    }

    private boolean saturated(Version set) {
      return set.replicas() == deployment.replicas()
          && set.availableReplicas() == deployment.replicas()
          && Version.number(set.annotations().get(Version.DESIRED)) == deployment.replicas();
    }

    private boolean roll() {
      if (newest == null) {
        create(Rollout.newest(deployment, 0, Rollout.occupied(old)));
        return true;
      }
      int wanted = Rollout.newest(deployment, newest.replicas(), Rollout.occupied(all));
      if (wanted != newest.replicas()) {
        scale(newest, wanted);
        return true;
      }
      List<Rollout.Scale> shrink = Rollout.shrinkOld(deployment, newest, old);
      shrink.forEach(s -> scale(s.set(), s.replicas()));
      return !shrink.isEmpty();
    }

    private boolean recreate() {
      List<Version> active = active(old);
      if (!active.isEmpty()) {
        active.forEach(set -> scale(set, 0));
        return true;
      }
      boolean oldRun =
          old.stream().anyMatch(s -> s.statusReplicas() > 0 || running.contains(s.uid()));
      if (oldRun) {
        return true;
      }
      if (newest == null) {
        create(deployment.replicas());
        return true;
      }
      if (newest.replicas() != deployment.replicas()) {
        scale(newest, deployment.replicas());
        return true;
      }
      return false;
    }

    private void create(int replicas) {
      long revision = Revisions.next(old);
      ObjectNode set = Revisions.replicaSet(deployment, replicas, revision, collisions);
      actions.add(new Action.Create(set, replicas));
      noteRevision(revision);
      progress.noteCreated(set.path("metadata").path("name").asText());
    }

    private void cleanUp() {
      Revisions.surplus(deployment, old).forEach(set -> actions.add(new Action.Delete(set)));
    }

    private void scale(Version set, int replicas) {
      Action.Change before = changes.get(set.uid());
      Map<String, String> base = before == null ? set.annotations() : before.annotations();
      SortedMap<String, String> annotations = Revisions.sized(deployment, base);
      if (replicas != set.replicas() || !annotations.equals(set.annotations())) {
        change(set, replicas, annotations);
      }
    }

    private void change(Version set, int replicas, SortedMap<String, String> annotations) {
      boolean isNewest = newest != null && set.uid().equals(newest.uid());
      int minReady = isNewest ? deployment.minReadySeconds() : set.minReadySeconds();
      changes.put(set.uid(), new Action.Change(set, replicas, minReady, annotations));
    }
  }
}
