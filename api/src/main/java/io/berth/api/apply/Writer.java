package io.berth.api.apply;

import io.berth.api.object.Times;
import java.time.Instant;

/**
 * Who writes, and when.
 *
 * @param manager the name that the client gives itself
 * @param apiVersion of the object as it writes it
 * @param subresource that it writes through, empty for the object itself
 * @param time RFC 3339, seconds
 */
public record Writer(String manager, String apiVersion, String subresource, String time) {
  /** The longest name of a manager, in bytes. */
  public static final int MAX_MANAGER_BYTES = 128;

  public static Writer at(Instant time, String manager, String apiVersion, String subresource) {
    return new Writer(manager, apiVersion, subresource, Times.seconds(time));
  }
}
