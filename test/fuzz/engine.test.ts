import { describe, expect, it } from "vitest";
import { faultOf } from "./engine/execution.ts";
import { type FuzzResult, fuzz } from "./engine/fuzzer.ts";
import { instrumented } from "./engine/instrument.ts";
import { mutatorsFrom } from "./engine/mutators.ts";
import { installProbes } from "./engine/probes.ts";
import { randomFrom } from "./engine/random.ts";
import { type FuzzTarget, law } from "./engine/target.ts";

/** Code that hides a fault behind comparisons and a loop: nobody comes there by chance. */
const HIDDEN = `
export function read(text: string): string {
  const [head, rest = ""] = text.split(";");
  if (head !== "valet/1") return "no head";
  let depth = 0;
  for (const character of rest) {
    if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    else return "no bracket";
  }
  return depth > 2 ? "deep" : "flat";
}`;

function target(run: FuzzTarget["run"], seeds: FuzzTarget["seeds"] = ["a;b"]): FuzzTarget {
  // No target's name: no committed corpus is replayed.
  return { name: "none" as FuzzTarget["name"], seeds, maxLength: 64, run };
}

/** The code above, instrumented and loaded. */
async function hiddenFault(): Promise<{
  readonly recording: ReturnType<typeof installProbes>;
  readonly run: FuzzTarget["run"];
  readonly words: readonly string[];
}> {
  const { code, nextBlock, words } = instrumented(HIDDEN, "hidden.ts", 0);
  const recording = installProbes(nextBlock);
  const { read } = (await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`)) as {
    readonly read: (text: string) => string;
  };
  return { recording, words, run: (input) => law("never deep", read(input.toString("utf8")) !== "deep") };
}

const LIMITS = { seed: 7, seconds: Number.POSITIVE_INFINITY, executions: 30_000, words: [] };

describe("the fuzzer", () => {
  it("finds a fault that is hidden behind comparisons, as it follows the code", async () => {
    const { recording, run } = await hiddenFault();
    const { findings, covered, blocks } = await fuzz(target(run), { ...LIMITS, recording });
    expect(findings.map(({ key }) => key)).toEqual(["law: never deep"]);
    expect(findings[0]?.input.toString()).toBe("valet/1;(((");
    expect(covered).toBe(blocks);
  });

  it("does not find it without the counters", async () => {
    const { run } = await hiddenFault();
    const { findings } = await fuzz(target(run), { ...LIMITS, recording: undefined });
    expect(findings).toEqual([]);
  });

  it("does the same again with the same seed, and something else with another", async () => {
    const inputsWith = async (seed: number): Promise<readonly string[]> => {
      const inputs: string[] = [];
      await fuzz(
        target((input) => void inputs.push(input.toString("hex"))),
        {
          ...LIMITS,
          seed,
          executions: 50,
          recording: undefined,
        },
      );
      return inputs;
    };
    expect(await inputsWith(1)).toEqual(await inputsWith(1));
    expect(await inputsWith(1)).not.toEqual(await inputsWith(2));
  });

  it("tells findings apart by the law that they break, and keeps one input of each", async () => {
    const { findings }: FuzzResult = await fuzz(
      target((input) => {
        law("no a", !input.includes("a"));
        law("no b", !input.includes("b"));
      }),
      { ...LIMITS, executions: 2_000, recording: undefined },
    );
    expect(findings.map(({ message, input }) => [message, input.toString()])).toEqual([
      ["no a", "a"],
      ["no b", "b"],
    ]);
  });
});

describe("an execution", () => {
  it("is a finding when it throws, and says where", async () => {
    const fault = await faultOf(
      target(() => {
        throw new TypeError("x");
      }),
      Buffer.alloc(0),
    );
    expect(fault?.key).toMatch(/^TypeError .*engine\.test\.ts/);
  });

  it("is a finding when it is slow every time", async () => {
    const busy = (ms: number): void => {
      const started = process.cpuUsage();
      for (let used = 0; used < ms * 1000; ) {
        const { user, system } = process.cpuUsage(started);
        used = user + system;
      }
    };
    const maxMs = 20;
    const slow = target(() => busy(30));
    expect((await faultOf(slow, Buffer.alloc(0), maxMs))?.key).toBe("slow");
    const once = [30];
    const slowOnce = target(() => busy(once.pop() ?? 0));
    expect(await faultOf(slowOnce, Buffer.alloc(0), maxMs)).toBeUndefined();
  });
});

describe("instrumented code", () => {
  it("does what it did, and counts each branch", async () => {
    const { recording, run } = await hiddenFault();
    await run(Buffer.from("valet/1;()"));
    const times = [...recording.hits.subarray(0, recording.blocks)];
    expect(times.filter((one) => one > 0).length).toBeGreaterThan(3);
    expect(times.some((one) => one === 0)).toBe(true);
    expect(recording.pairs).toContainEqual([")", "("]);
  });
});

describe("mutators", () => {
  it("never make an input longer than allowed, and leave JSON mostly JSON", () => {
    const random = randomFrom(3);
    const other = Buffer.from('{"other":[1,2,3]}');
    const { bytes, json } = mutatorsFrom({
      random,
      words: ["word"],
      compared: () => [],
      other: () => other,
      maxLength: 100,
    });
    let parsed = 0;
    for (let left = 500; left > 0; left--) {
      expect(bytes(Buffer.alloc(90, "a")).length).toBeLessThanOrEqual(100);
      const changed = json(Buffer.from('{"a":{"b":[1,"x"]}}'));
      expect(changed.length).toBeLessThanOrEqual(100);
      try {
        JSON.parse(changed.toString("utf8"));
        parsed += 1;
      } catch {
        // A number that JSON does not know, or cut off.
      }
    }
    expect(parsed).toBeGreaterThan(350);
  });
});
