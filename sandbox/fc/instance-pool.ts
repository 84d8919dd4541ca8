import type { Instance } from "./instance.ts";

/** The instances of one function: one call at a time each, a new one where none is idle. */
export interface InstancePool {
  /** An idle instance, or what `start` makes; waits where `maxProcesses` are busy. Rejects as `start` does. */
  readonly take: () => Promise<{ readonly instance: Instance; readonly isNew: boolean }>;
  readonly giveBack: (instance: Instance, keep: "reusable" | "spent") => void;
  readonly busy: () => readonly Instance[];
  readonly idle: () => readonly Instance[];
  /** Retires what is idle, and ends what is busy. */
  readonly stop: () => Promise<void>;
}

export interface PoolOptions {
  readonly start: () => Instance;
  /** Ends an instance with its preStop hook. */
  readonly retire: (instance: Instance) => Promise<void>;
  readonly maxProcesses: number;
  /** Milliseconds after which an idle instance is retired. */
  readonly idleMs: number;
}

export function instancePool({ start, retire, maxProcesses, idleMs }: PoolOptions): InstancePool {
  const busy = new Set<Instance>();
  /** The one used last stands last, and is taken first: it is the warmest. */
  const idle = new Map<Instance, NodeJS.Timeout>();
  const waiting: (() => void)[] = [];
  const retiring = new Set<Promise<void>>();
  let stopped = false;

  const retireLater = (instance: Instance): void => {
    const done = retire(instance).finally(() => retiring.delete(done));
    retiring.add(done);
  };
  const lastIdle = (): Instance | undefined => {
    for (const [instance, timer] of [...idle].reverse()) {
      idle.delete(instance);
      clearTimeout(timer);
      if (instance.isAlive()) return instance;
    }
    return undefined;
  };

  return {
    take: async () => {
      for (;;) {
        const instance = lastIdle();
        if (instance !== undefined || busy.size < maxProcesses) {
          const taken = instance ?? start();
          busy.add(taken);
          return { instance: taken, isNew: instance === undefined };
        }
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    giveBack: (instance, keep) => {
      busy.delete(instance);
      if (keep === "reusable" && instance.isAlive() && !stopped) {
        const timer = setTimeout(() => {
          idle.delete(instance);
          retireLater(instance);
        }, idleMs);
        idle.set(instance, timer.unref());
      } else {
        retireLater(instance);
      }
      waiting.shift()?.();
    },
    busy: () => [...busy],
    idle: () => [...idle.keys()].filter((instance) => instance.isAlive()),
    stop: async () => {
      stopped = true;
      const still = [...idle];
      idle.clear();
      for (const [instance, timer] of still) {
        clearTimeout(timer);
        retireLater(instance);
      }
      await Promise.all([...busy].map((instance) => instance.end()));
      await Promise.all(retiring);
    },
  };
}
