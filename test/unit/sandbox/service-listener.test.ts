import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished, vi } from "vitest";
import { guarded, type ServiceListener } from "../../../sandbox/service-listener.ts";

it.each<[string, ServiceListener]>([
  [
    "throws",
    () => {
      throw new Error("a bug");
    },
  ],
  ["returns a promise that is rejected", () => Promise.reject(new Error("a bug"))],
  [
    "fails in the middle of its answer",
    async (_request, response) => {
      response.write("half");
      throw new Error("a bug");
    },
  ],
])("a listener that %s ends its request, tells stderr, and serves the next one", async (_case, faulty) => {
  const told = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const server = createServer(
    guarded((request, response) =>
      request.url === "/bug" ? faulty(request, response) : void response.end("fine"),
    ),
  );
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const broken = fetch(`${url}/bug`).then((response) => response.text());
  await expect(broken).rejects.toThrow();
  expect(told).toHaveBeenCalledWith(expect.stringMatching(/^sandbox: Error: a bug\n {4}at /));
  expect(await (await fetch(url)).text()).toBe("fine");
});
