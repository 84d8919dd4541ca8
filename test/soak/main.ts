import { calledWrongly, optionsOrUsage } from "../../scripts/command-line.ts";
import { freeze } from "./freeze.ts";
import { soak } from "./soak.ts";

const USAGE = `npm run soak [-- --exchanges N] [--seed N]
npm run soak -- --freeze [--seconds N]

  --exchanges   how many; default 100000, which takes from ten minutes on a free machine to an hour on a busy one
  --seed        the same faults and the same traffic again; default 1
  --freeze      stops servers in the middle of requests, and looks at what they do afterwards
  --seconds     for how long they are stopped; default 600`;

const options = optionsOrUsage(
  {
    exchanges: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    freeze: { type: "boolean", default: false },
    seconds: { type: "string", default: "600" },
  },
  USAGE,
);

function wholeFrom(name: "exchanges" | "seed" | "seconds", least: number): number {
  const value = Number(options[name]);
  if (!Number.isSafeInteger(value) || value < least)
    calledWrongly(`--${name} must be a whole number, ${least} or more`, USAGE);
  return value;
}

const broken = options.freeze
  ? await freeze(wholeFrom("seconds", 1))
  : await soak({ exchanges: wholeFrom("exchanges", 100), seed: wholeFrom("seed", 0) });
for (const bound of broken) console.log(`BROKEN: ${bound}`);
// What a broken run has left open must not keep it.
process.exit(broken.length === 0 ? 0 : 1);
