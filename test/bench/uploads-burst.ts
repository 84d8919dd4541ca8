import { Agent, request } from "node:http";
import { optionsOrUsage } from "../../scripts/command-line.ts";
import { emptyAccount } from "../support/deployment.ts";

// A burst: so many users, each of whom asks the deployed function once for a form, as fast as this machine goes. The
// function runs in the sandbox's Function Compute, one request at a time in each instance. Fails unless every user gets a
// form and STS has not been called.

const USAGE = `npx tsx test/bench/uploads-burst.ts [--users 10000] [--at-once 8]`;
const options = optionsOrUsage(
  { users: { type: "string", default: "10000" }, "at-once": { type: "string", default: "8" } },
  USAGE,
);
const users = Number(options.users);
const atOnce = Number(options["at-once"]);

const deployed = await emptyAccount([
  {
    name: "photos",
    allow: ["read", "upload"],
    prefix: "photos/{sub}/",
    upload: { maxBytes: 1_000_000, contentTypes: ["image/jpeg"] },
  },
]);
const applied = await deployed.provision("apply", "--yes");
if (applied.code !== 0) throw new Error(applied.errors);
await deployed.deploy();
const { sandbox } = deployed;
const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
const body = JSON.stringify({ files: [{ name: "a.jpg", contentType: "image/jpeg", bytes: 81_234 }] });
const tokens = Array.from({ length: users }, (_, at) => sandbox.issuer.token({ sub: `user${at}` }));
const url = new URL("/uploads", sandbox.fc.url);

function ask(token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    request(url, { method: "POST", agent, headers }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
    })
      .on("error", reject)
      .end(body);
  });
}

const statuses = new Map<number, number>();
const waiting = tokens.values();
const before = sandbox.world.journal.length;
const startMs = performance.now();
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    for (const token of waiting) {
      const status = await ask(token);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  }),
);
const seconds = (performance.now() - startMs) / 1000;
const calls = sandbox.world.journal.slice(before).filter(({ service }) => service === "sts").length;
console.log(
  `${users} users in ${seconds.toFixed(1)} s (${Math.round(users / seconds)} a second), ${atOnce} at once; answers ${[...statuses].map(([status, count]) => `${status}: ${count}`).join(", ")}; calls of STS: ${calls}`,
);
agent.destroy();
await deployed.stop();
process.exitCode = statuses.get(200) === users && calls === 0 ? 0 : 1;
