package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Names;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.Strategy;
import java.util.List;
import java.util.function.Consumer;

/** Cron jobs. Their names leave room for what tells their jobs apart. */
final class CronJobStrategy implements Strategy {
  private static final int MAX_NAME = 52;

  @Override
  public boolean countsGenerations() {
    return true;
  }

  @Override
  public List<String> checkName(String name) {
    return Names.dns1123Subdomain(name);
  }

  @Override
  public void validateCreate(ObjectNode job, Consumer<FieldError> errors) {
    String name = Meta.name(job);
    if (name.length() > MAX_NAME) {
      errors.accept(
          FieldError.invalid(
              "metadata.name", name, "must be no more than " + MAX_NAME + " characters"));
    }
  }
}
