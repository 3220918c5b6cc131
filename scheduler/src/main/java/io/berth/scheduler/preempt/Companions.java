package io.berth.scheduler.preempt;

import io.berth.scheduler.cluster.Placement;
import java.util.List;

/** Which pods leave together: where one of them is pushed out, all are. */
public interface Companions {
  /** Each pod leaves alone. */
  Companions NONE =
      new Companions() {
        @Override
        public List<Placement> of(Placement placement) {
          return List.of(placement);
        }

        @Override
        public long epoch() {
          return 0;
        }
      };

  /** The placed pods that leave with one, wherever they are, that one included. */
  List<Placement> of(Placement placement);

  /** Rises with every change of what {@link #of} says. */
  long epoch();
}
