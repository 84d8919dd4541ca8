/**
 * How the sandbox's OSS bears load: 200 uploads of 1 MB at once, then 1 GB up and down as a stream, each against a
 * server process of its own whose memory is looked at every 20 ms. Not part of `npm test`.
 *
 *     npx tsx test/bench/oss-load.ts
 */
import { type ChildProcess, fork } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { aliOss, type OssService, startOss } from "../support/oss-service.ts";

const MB = 1024 * 1024;
const UPLOADS = 200;
const STREAMED_BYTES = 1024 * MB;

/** What the server process tells: where it is, then how much memory it took at most. */
type Report =
  | { readonly service: Pick<OssService, "port" | "administrator"> }
  | { readonly peakBytes: number };

if (process.argv.includes("--serve")) await serve();
else {
  await measured(`${UPLOADS} uploads of 1 MB at once`, async (service) => {
    const client = aliOss(service, service.administrator, "V4", { timeout: 120_000 });
    const bytes = randomBytes(MB);
    await Promise.all(Array.from({ length: UPLOADS }, (_, at) => client.put(`load/${at}`, bytes)));
    return UPLOADS * MB;
  });
  await measured("1 GB up and down", async (service) => {
    const client = aliOss(service, service.administrator, "V4");
    const url = (method: string) => client.signatureUrlV4(method, 600, {}, "big.bin");
    const sent = await upload(await url("PUT"));
    const received = await download(await url("GET"));
    if (sent !== received) throw new Error("what came back is not what was sent");
    return 2 * STREAMED_BYTES;
  });
}

async function serve(): Promise<void> {
  const service = await startOss();
  let peakBytes = process.memoryUsage.rss();
  setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  }, 20);
  const { port, administrator } = service;
  process.send?.({ service: { port, administrator } });
  process.once("message", () => {
    process.send?.({ peakBytes });
    void service.close().then(() => process.exit(0));
  });
}

async function measured(what: string, load: (service: OssService) => Promise<number>): Promise<void> {
  const server = fork(new URL(import.meta.url), ["--serve"]);
  const report = await reportOf(server);
  if (!("service" in report)) throw new Error("the server did not start");
  const service = { ...report.service, bucket: { name: "examplebucket" } } as OssService;
  const startedMs = performance.now();
  const bytes = await load(service);
  const seconds = (performance.now() - startedMs) / 1000;
  server.send("stop");
  const end = await reportOf(server);
  const peakMb = "peakBytes" in end ? Math.round(end.peakBytes / MB) : Number.NaN;
  process.stdout.write(
    `${what}: ${seconds.toFixed(1)} s, ${Math.round(bytes / MB / seconds)} MB/s, server's memory at most ${peakMb} MB\n`,
  );
}

async function reportOf(server: ChildProcess): Promise<Report> {
  const [report] = (await once(server, "message")) as [Report];
  return report;
}

/** MD5 of what was sent. */
async function upload(url: string): Promise<string> {
  const digest = createHash("md5");
  const chunk = randomBytes(MB);
  const chunks = function* () {
    for (let sent = 0; sent < STREAMED_BYTES; sent += MB) {
      chunk.writeUInt32BE(sent / MB);
      digest.update(chunk);
      yield Buffer.from(chunk);
    }
  };
  const put = request(url, { method: "PUT", headers: { "content-length": STREAMED_BYTES } });
  const answered = once(put, "response");
  await pipeline(Readable.from(chunks()), put);
  const [response] = await answered;
  response.resume();
  if (response.statusCode !== 200) throw new Error(`PUT: ${response.statusCode}`);
  return digest.digest("hex");
}

async function download(url: string): Promise<string> {
  const digest = createHash("md5");
  const get = request(url).end();
  const [response] = await once(get, "response");
  for await (const chunk of response) digest.update(chunk);
  return digest.digest("hex");
}
