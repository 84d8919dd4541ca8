import { frozenAt, MOMENTS } from "../support/freezes.ts";

/** All moments at once, each in a server of its own that is stopped for so long in truth. Resolves with what went wrong. */
export async function freeze(seconds: number): Promise<readonly string[]> {
  const startedMs = performance.now();
  console.log(
    `${MOMENTS.length} servers, stopped with SIGSTOP for ${seconds} s each, Node ${process.version}`,
  );
  console.log(
    "stopped while the server … | the request under way | the first one afterwards | of another user",
  );
  const broken: string[] = [];
  await Promise.all(
    MOMENTS.map(async (moment) => {
      const { wrong, underWay, after, other } = await frozenAt(moment, seconds);
      console.log([moment.name, underWay, after, other].join(" | "));
      broken.push(...wrong.map((what) => `${moment.name}: ${what}`));
    }),
  );
  console.log(`${Math.round((performance.now() - startedMs) / 1_000)} s`);
  return broken;
}
