package io.berth.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** The roles and bindings that there are. Answers from memory. */
public interface PolicySource {
  /** Another number whenever {@link #objects} would answer otherwise than before; cheap. */
  long version();

  /** All of a kind: {@code roles}, {@code clusterroles} and so on; what it returns is shared. */
  List<PolicyObject> objects(String plural);

  /** A role or binding. */
  interface PolicyObject {
    /** The same for the same content. */
    long revision();

    /** Empty for cluster scope. */
    String namespace();

    String name();

    /** The whole object; may be made anew on each call. */
    JsonNode tree();
  }
}
