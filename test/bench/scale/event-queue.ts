export interface PlannedEvent {
  readonly atMs: number;
  readonly run: () => unknown;
}

/** Events in the order of their times; those of one time in the order in which they came. A binary heap. */
export interface EventQueue {
  /** Gives what calls the event off. */
  add(atMs: number, run: () => unknown): () => void;
  /** Takes out the first event, unless it is later than `ms`. */
  takeUntil(ms: number): PlannedEvent | undefined;
}

interface Entry {
  readonly atMs: number;
  readonly order: number;
  /** undefined: called off. It stays in the heap until its time. */
  run: (() => unknown) | undefined;
}

export function eventQueue(): EventQueue {
  const heap: Entry[] = [];
  let added = 0;
  const at = (index: number): Entry => heap[index] as Entry;
  const swap = (a: number, b: number): void => {
    const kept = at(a);
    heap[a] = at(b);
    heap[b] = kept;
  };
  const isBefore = (a: number, b: number): boolean =>
    at(a).atMs < at(b).atMs || (at(a).atMs === at(b).atMs && at(a).order < at(b).order);

  function rise(from: number): void {
    for (let index = from; index > 0; ) {
      const parent = (index - 1) >> 1;
      if (!isBefore(index, parent)) return;
      swap(index, parent);
      index = parent;
    }
  }

  function sink(): void {
    for (let index = 0; ; ) {
      let first = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < heap.length && isBefore(child, first)) first = child;
      }
      if (first === index) return;
      swap(index, first);
      index = first;
    }
  }

  function takeFirst(): Entry {
    swap(0, heap.length - 1);
    const first = heap.pop() as Entry;
    sink();
    return first;
  }

  return {
    add: (atMs, run) => {
      const entry: Entry = { atMs, order: added, run };
      added += 1;
      heap.push(entry);
      rise(heap.length - 1);
      return () => {
        entry.run = undefined;
      };
    },
    takeUntil: (ms) => {
      while (heap.length > 0 && at(0).atMs <= ms) {
        const { atMs, run } = takeFirst();
        if (run) return { atMs, run };
      }
      return undefined;
    },
  };
}
