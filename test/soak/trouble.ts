import type { Fault } from "../../sandbox/fault-rule.ts";
import type { Ground } from "./ground.ts";
import { oneOf, type Random } from "./random.ts";

/** What is wrong for a while. */
export interface Trouble {
  /** For the report: e.g. "STS: hang". */
  readonly name: string;
  readonly begin: () => Promise<void>;
}

/**
 * What a seed lets happen, one after the other. `onNewKeys`: the issuer signs with other keys now, and the old ones are gone.
 */
export function troubles(ground: Ground, random: Random, onNewKeys: () => void): () => Trouble {
  const { faults, issuer } = ground.sandbox;
  const sts = (fault: Fault, times: number): Trouble => ({
    name: `STS: ${fault.kind}`,
    begin: async () => void faults.add({ service: "sts", fault, times }),
  });
  const keys = (fault: Fault, times: number): Trouble => ({
    name: `keys: ${fault.kind}`,
    begin: async () => {
      faults.add({ service: "issuer", fault, times });
      // The kept key set is too old now.
      ground.pass(11 * 60_000);
    },
  });
  return () => {
    const hours = 1 + Math.floor(random() * 3);
    return oneOf<Trouble>(random, [
      [6, { name: "none", begin: async () => undefined }],
      [1, sts({ kind: "reset" }, 30)],
      [1, sts({ kind: "error", status: 500 }, 30)],
      [1, sts({ kind: "error", status: 503 }, 30)],
      [1, sts({ kind: "throttle" }, 10)],
      [1, sts({ kind: "redirect" }, 10)],
      [1, sts({ kind: "html" }, 30)],
      [1, sts({ kind: "empty" }, 10)],
      [1, sts({ kind: "truncated" }, 30)],
      [1, sts({ kind: "slow", ms: 400 }, 60)],
      [1, sts({ kind: "hang" }, 8)],
      [0.5, keys({ kind: "error", status: 503 }, 3)],
      [0.5, keys({ kind: "reset" }, 3)],
      [0.5, keys({ kind: "hang" }, 2)],
      [
        0.5,
        {
          name: "keys: rotated",
          begin: async () => {
            await issuer.rotate({ dropOld: true });
            onNewKeys();
            ground.pass(11 * 60_000);
          },
        },
      ],
      [1, { name: "Redis: restarted", begin: () => ground.restartRedis() }],
      [1, { name: "STS: connections cut", begin: async () => ground.stsDoor.end("rst") }],
      [0.3, { name: "STS: connections dead", begin: async () => ground.stsDoor.end("silence") }],
      [1.5, { name: `clock: ${hours} h`, begin: async () => ground.pass(hours * 3_600_000) }],
    ]);
  };
}
