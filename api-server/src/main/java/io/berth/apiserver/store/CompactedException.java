package io.berth.apiserver.store;

/** The history asked for was compacted: read the present and go on from there. */
public final class CompactedException extends StoreException {
  private static final long serialVersionUID = 1L;

  private final long compactedRevision;

  public CompactedException(long requested, long compactedRevision) {
    super(
        "revision " + requested + " was compacted, the oldest kept is " + compactedRevision, null);
    this.compactedRevision = compactedRevision;
  }

  /** The oldest revision that can still be asked for. */
  public long compactedRevision() {
    return compactedRevision;
  }
}
