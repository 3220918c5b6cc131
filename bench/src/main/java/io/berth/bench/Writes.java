package io.berth.bench;

import io.berth.api.resource.Resources;
import io.berth.client.ApiClient;
import io.berth.client.ListOptions;
import java.util.Locale;

/** Counts what is written to the store, by the revision, from when it is made. */
final class Writes {
  private final ApiClient client;
  private final String namespace;
  private final long begin;

  Writes(ApiClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
    this.begin = revision();
  }

  /** How many there were for each of so many pods, for people. */
  String each(int pods) {
    return String.format(Locale.ROOT, "%.2f writes a pod", (double) (revision() - begin) / pods);
  }

  private long revision() {
    ListOptions none = new ListOptions("", "metadata.name=none", "", 1);
    return Long.parseLong(client.list(Resources.PODS, namespace, none).resourceVersion());
  }
}
