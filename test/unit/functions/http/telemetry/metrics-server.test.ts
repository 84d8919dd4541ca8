import { networkInterfaces } from "node:os";
import { expect, it, vi } from "vitest";
import { serveMetrics } from "../../../../../functions/http/telemetry/metrics-server.ts";

async function port(text: () => Promise<string>): Promise<number> {
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  await serveMetrics(0, text);
  return Number(/127\.0\.0\.1:(\d+)\/metrics/.exec(String(said.mock.lastCall?.[0]))?.[1]);
}

it("says where it serves, and gives the text", async () => {
  const response = await fetch(`http://127.0.0.1:${await port(async () => "x 1\n")}/metrics`);
  expect([response.status, await response.text()]).toEqual([200, "x 1\n"]);
});

it("answers 500 where the metrics cannot be read", async () => {
  const broken = await port(() => Promise.reject(new Error("secret")));
  const response = await fetch(`http://127.0.0.1:${broken}/metrics`);
  expect([response.status, await response.text()]).toEqual([500, ""]);
});

// 127.0.0.2 is this machine, too, and another address than 127.0.0.1.
const others = Object.values(networkInterfaces())
  .flat()
  .flatMap((one) => (one?.family === "IPv4" && !one.internal ? [one.address] : []));
it.each(["127.0.0.2", ...others])("does not answer on %s", async (address) => {
  const taken = await port(async () => "x 1\n");
  await expect(fetch(`http://${address}:${taken}/metrics`)).rejects.toThrow("fetch failed");
});
