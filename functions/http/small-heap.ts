import type { Service } from "./http.ts";

/**
 * Requests until the first look at the heap, and from one look to the next. By the first one, everything is loaded that is
 * loaded on demand: a change of V8's flags invalidates the code caches of what is loaded later, Node's own too.
 */
const FIRST_LOOK = 50;
const LOOK_EVERY = 25;

/**
 * Bytes of the young generation, from which on it does not grow. V8 doubles it, to 32 MB, while many requests are on their
 * way. A smaller one would cost processor time: more of what a request needs would move to the old generation.
 */
const YOUNG_BYTES = 8_000_000;

/** What V8 reads each time that a part of its heap is to grow. */
const FLAGS = {
  /** The old generation may have half as much garbage as live objects, or 8 MB. V8 allows itself up to four times as much. */
  oldStaysSmall: "--heap-growing-percent=50",
  youngStopsGrowing: "--semi-space-growth-factor=1",
};

/**
 * Keeps the heap small. Function Compute's Node.js runtime takes no flags of V8, so they are set from inside.
 * docs/performance.md has the figures.
 */
export function withSmallHeap(handle: Service["handle"]): Service["handle"] {
  let requests = 0;
  let youngGrows = true;
  const look = async (first: boolean) => {
    const { getHeapSpaceStatistics, setFlagsFromString } = await import("node:v8");
    if (first) setFlagsFromString(FLAGS.oldStaysSmall);
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
    if (young === undefined || young.space_size < YOUNG_BYTES) return;
    setFlagsFromString(FLAGS.youngStopsGrowing);
    youngGrows = false;
  };
  return (request) => {
    requests += 1;
    if (youngGrows && requests >= FIRST_LOOK && requests % LOOK_EVERY === 0)
      void look(requests === FIRST_LOOK);
    return handle(request);
  };
}
