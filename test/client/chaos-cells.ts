import { createForms } from "../../client/src/forms.ts";
import { createCredentials, ValetError } from "../../client/src/index.ts";
import { upload } from "../../client/src/upload.ts";
import type { FaultRule } from "../../sandbox/fault-rule.ts";
import type { Row } from "../chaos/cell.ts";
import type { Stage } from "../chaos/stage.ts";
import { COMMON, SLOW } from "../chaos/troubles.ts";

/** A trouble between an App with the client package and the cloud, and how it ends. */
export interface ClientCell {
  readonly topic: string;
  readonly trouble: string;
  readonly share: string;
  readonly users: number;
  readonly rules: (seed: number) => readonly FaultRule[];
}

/** Bytes: one request, and five parts. */
const SMALL = 20_000;
const LARGE = 500_000;
const PART = 102_400;

/** Milliseconds. The App's own fetch gives up then: the client's patience with a silent connection is a minute. */
const APP_PATIENCE_MS = 2_000;

/**
 * Milliseconds. Tries and pauses of one call of the client. A get: 3 tries and up to 3 s between them. An upload: credentials,
 * then up to three requests that must succeed one after the other, each 5 tries and up to 7.5 s between them.
 */
const CLIENT_BOUND_MS = 3 * APP_PATIENCE_MS + 3_000 + 3 * (5 * APP_PATIENCE_MS + 7_500);

/** Each fault of Function Compute, of OSS, and of both: for a third of the requests, and for all of them. */
export function clientCells(users: number): readonly ClientCell[] {
  return [...COMMON, ...SLOW].flatMap(({ name, fault }) =>
    WHERE.flatMap(({ topic, services }) =>
      [1 / 3, 1].map((share) => ({
        topic,
        trouble: name,
        share: `${Math.round(100 * share)} %`,
        users,
        rules: (seed: number) =>
          services.map((service, at) => ({
            service,
            fault,
            ...(share < 1 ? { share, seed: seed + at } : {}),
          })),
      })),
    ),
  );
}

const WHERE = [
  { topic: "Client: Function Compute fails", services: ["fc"] },
  { topic: "Client: OSS fails", services: ["oss"] },
  { topic: "Client: Function Compute and OSS fail", services: ["fc", "oss"] },
  { topic: "Client: STS fails", services: ["sts"] },
] as const;

interface Outcome {
  readonly ms: number;
  /** Success, or the error's code. */
  readonly code: string;
  readonly broken: readonly string[];
}

/** Users that get credentials, upload a small file, a file in parts and a form, and get URLs, all at once. */
export async function runClientCell(stage: Stage, cell: ClientCell, seed: number): Promise<Row> {
  await stage.deployed();
  const { sandbox } = stage;
  sandbox.world.journal.splice(0);
  for (const rule of cell.rules(seed)) sandbox.faults.add(rule);
  try {
    const users = Array.from({ length: cell.users }, (_, at) => `client${at}`);
    const outcomes = (await Promise.all(users.map((user) => everything(stage, user)))).flat();
    const calls = sandbox.world.journal.filter(({ service }) => service === "sts").length;
    sandbox.faults.clear();
    const endedMs = performance.now();
    const again = await everything(stage, "client-again");
    const broken = [
      ...outcomes.flatMap((outcome) => outcome.broken),
      ...again.flatMap((outcome) => outcome.broken),
      ...again.filter(({ code }) => code !== "Success").map(({ code }) => `after the trouble: ${code}`),
    ];
    const served = outcomes.filter(({ code }) => code === "Success");
    const ms = outcomes.map((outcome) => outcome.ms).sort((a, b) => a - b);
    const codes: Record<string, number> = {};
    for (const { code } of outcomes) codes[code] = (codes[code] ?? 0) + 1;
    return {
      topic: cell.topic,
      trouble: cell.trouble,
      share: cell.share,
      requests: outcomes.length,
      served: served.length,
      servedSoon: served.filter((outcome) => outcome.ms <= 3_000).length,
      medianMs: Math.round(ms[Math.floor(ms.length / 2)] ?? Number.NaN),
      worstMs: Math.round(ms.at(-1) ?? Number.NaN),
      codes,
      stsCalls: calls / outcomes.length,
      recoveredMs: Math.round(performance.now() - endedMs),
      broken: [...new Set(broken)],
    };
  } finally {
    sandbox.faults.clear();
  }
}

function everything(stage: Stage, user: string): Promise<readonly Outcome[]> {
  const { sandbox } = stage;
  const appToken = () => sandbox.issuer.token({ sub: user });
  const impatient: typeof fetch = (url, init = {}) => {
    const patience = AbortSignal.timeout(APP_PATIENCE_MS);
    const signal = init.signal ? AbortSignal.any([init.signal, patience]) : patience;
    return fetch(url, { ...init, signal });
  };
  const credentials = createCredentials({
    endpoint: `${sandbox.fc.url}/credentials`,
    appToken,
    timeoutMs: APP_PATIENCE_MS,
    tabs: false,
  });
  const forms = createForms({ endpoint: `${sandbox.fc.url}/uploads`, appToken, fetch: impatient });
  const send = async (name: string, bytes: number) => {
    const content = contentOf(name, bytes);
    const task = upload(credentials, new Blob([content]), {
      name,
      partSize: PART,
      resume: false,
      fetch: impatient,
    });
    const { key } = await task.done;
    return wrongContent(stage, key, `users/${user}/${name}`, content);
  };
  return Promise.all([
    outcomeOf(stage, async () => {
      const { prefix } = await credentials.get();
      return prefix === `users/${user}/` ? undefined : `credentials for ${prefix}`;
    }),
    outcomeOf(stage, () => send("small.bin", SMALL)),
    outcomeOf(stage, () => send("large.bin", LARGE)),
    outcomeOf(stage, async () => {
      const content = contentOf("form", SMALL);
      const key = `photos/${user}/a.jpg`;
      await forms.upload(new Blob([content], { type: "image/jpeg" }), { key });
      return wrongContent(stage, key, key, content);
    }),
    outcomeOf(stage, async () => {
      const [url = ""] = await forms.urls([`photos/${user}/a.jpg`]);
      return url.includes(`/photos/${user}/a.jpg`) ? undefined : `a URL for ${new URL(url).pathname}`;
    }),
  ]);
}

/** A call either does what it says, or fails with an error of the package that tells why, and nothing secret. */
async function outcomeOf({ sandbox }: Stage, call: () => Promise<string | undefined>): Promise<Outcome> {
  const startedMs = performance.now();
  const broken: string[] = [];
  let code = "Success";
  try {
    const wrong = await call();
    if (wrong !== undefined) broken.push(wrong);
  } catch (error) {
    if (!(error instanceof ValetError)) broken.push(`no ValetError: ${String(error).slice(0, 200)}`);
    else {
      code = error.code;
      if (error.message === "" || typeof error.retryable !== "boolean") broken.push(`${code} says nothing`);
      const told = JSON.stringify({ ...error, message: error.message, stack: error.stack });
      const secrets = [...sandbox.world.sessions.values()].flatMap((session) => [
        session.accessKeySecret,
        session.securityToken,
      ]);
      if (secrets.some((secret) => told.includes(secret))) broken.push(`${code} has a secret in it`);
      if (told.includes("eyJ")) broken.push(`${code} has an App token in it`);
    }
  }
  const ms = performance.now() - startedMs;
  if (ms > CLIENT_BOUND_MS) broken.push(`${code} after ${Math.round(ms)} ms`);
  return { ms, code, broken };
}

function contentOf(name: string, bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes).fill(name.length);
}

/** Where the bucket does not have exactly these bytes under this key. */
function wrongContent(
  { sandbox }: Stage,
  key: string,
  wantedKey: string,
  wanted: Uint8Array,
): string | undefined {
  if (key !== wantedKey) return `an object ${key} in place of ${wantedKey}`;
  const content = sandbox.world.buckets.get(sandbox.bucket)?.objects.get(key)?.content;
  if (content === undefined) return `${key} is not there, although its upload succeeded`;
  if (content.kind === "memory" ? !content.bytes.equals(wanted) : content.size !== wanted.length)
    return `${key} has other bytes`;
  return undefined;
}
