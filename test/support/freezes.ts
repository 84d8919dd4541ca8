import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Fault } from "../../sandbox/fault-rule.ts";
import { type Ground, prepareGround } from "../soak/ground.ts";
import { linesOf } from "./server-process.ts";

/** A moment at which a process is stopped, and what must come of it. */
export interface Moment {
  readonly name: string;
  /** What it waits for at that moment: `nothing` is between two requests. */
  readonly waitsFor: "nothing" | "sts" | "issuer" | "redis" | "body";
  /** Of STS or the issuer, for the request that is under way. It ends during the freeze. */
  readonly fault?: Fault;
  readonly meanwhile?: (ground: Ground) => void;
  /** How long the freeze is on the wall clock. */
  readonly seconds: number;
  /** Statuses that are right for the request under way. */
  readonly right: readonly number[];
  /** And for the first ones afterwards: of the same user with the same token, and of another one. */
  readonly rightAfter: readonly number[];
  readonly rightForOther: readonly number[];
}

export interface Thawed {
  /** What was answered with another status than the right ones, too late, with expired credentials or without its line. */
  readonly wrong: readonly string[];
  /** For a table: e.g. `200 after 12 ms`. */
  readonly underWay: string;
  readonly after: string;
  readonly other: string;
}

/** Seconds. Of credentials and of App tokens. */
const LIFE = 3_600;

/** Seconds. The freeze of the issue. */
const FREEZE = 600;

/** Milliseconds from the end of the freeze to an answer: an App waits for so long. */
const PATIENCE_MS = 10_000;

const WELL = { seconds: FREEZE, right: [200], rightAfter: [200], rightForOther: [200] } as const;

/** docs/reliability.md has them as a table. */
export const MOMENTS: readonly Moment[] = [
  ...(["fin", "rst", "silence"] as const).map((how) => ({
    ...WELL,
    name: `waits between two requests, and its connection to STS ends: ${how}`,
    waitsFor: "nothing" as const,
    meanwhile: ({ stsDoor }: Ground) => stsDoor.end(how),
  })),
  {
    ...WELL,
    name: "waits between two requests, for longer than the token lives",
    waitsFor: "nothing",
    seconds: LIFE + 60,
    rightAfter: [401],
  },
  {
    ...WELL,
    name: "waits for STS, which answers meanwhile",
    waitsFor: "sts",
    fault: { kind: "slow", ms: 700 },
    right: [200, 503],
  },
  ...(["fin", "rst", "silence"] as const).map((how) => ({
    ...WELL,
    name: `waits for STS, and the connection ends: ${how}`,
    waitsFor: "sts" as const,
    fault: { kind: "hang" } as const,
    meanwhile: ({ stsDoor }: Ground) => stsDoor.end(how),
    right: [200, 503],
  })),
  {
    ...WELL,
    name: "waits for STS, for longer than the credentials live",
    waitsFor: "sts",
    fault: { kind: "slow", ms: 700 },
    seconds: 2 * LIFE,
    right: [200, 503],
    rightAfter: [401],
  },
  {
    ...WELL,
    name: "waits for the issuer's keys, which come meanwhile",
    waitsFor: "issuer",
    fault: { kind: "slow", ms: 700 },
  },
  {
    ...WELL,
    name: "waits for the issuer's keys, which never come",
    waitsFor: "issuer",
    fault: { kind: "hang" },
    right: [503],
    rightAfter: [200, 503],
    rightForOther: [200, 503],
  },
  // It waits for Redis so shortly that it may wait for STS already.
  { ...WELL, name: "waits for Redis", waitsFor: "redis", right: [200, 503] },
  { ...WELL, name: "reads a body, whose rest comes meanwhile", waitsFor: "body", right: [200, 400] },
];

interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
  readonly atMs: number;
  readonly cloudMs: number;
}

/** Stops a server at that moment, for so long in truth; its wall clock goes on by what the moment says. */
export async function frozenAt(moment: Moment, realSeconds: number): Promise<Thawed> {
  const { waitsFor, fault, meanwhile, seconds, right, rightAfter, rightForOther } = moment;
  const ground = await prepareGround({ cache: waitsFor === "redis" ? "redis if there is one" : "memory" });
  const { server, sandbox } = ground;
  try {
    const lines = linesOf(server);
    const tokenOf = (sub: string) =>
      sandbox.issuer.token({ sub }, { algorithm: "ES256", expiresInSeconds: LIFE });
    const token = tokenOf("alice");
    const ask = async (bearer: string, body?: { readonly rest: Promise<void> }): Promise<Reply> => {
      const request = httpRequest({
        port: server.port,
        host: "127.0.0.1",
        path: "/credentials",
        method: body === undefined ? "GET" : "POST",
        headers: {
          authorization: `Bearer ${bearer}`,
          ...(body === undefined ? {} : { "content-length": "2", expect: "100-continue" }),
        },
      });
      if (body !== undefined) {
        request.flushHeaders();
        await once(request, "continue");
        request.write("{");
        void body.rest.then(() => request.end("}"));
      } else request.end();
      const [response] = (await once(request, "response")) as [IncomingMessage];
      const text = Buffer.concat(await response.toArray()).toString();
      return {
        status: response.statusCode ?? 0,
        body: JSON.parse(text) as Reply["body"],
        atMs: performance.now(),
        cloudMs: sandbox.clock.nowMs(),
      };
    };

    const replies: Reply[] = [];
    // What is loaded at the first call is loaded, and there is a connection to STS.
    if (waitsFor !== "issuer") replies.push(await ask(waitsFor === "nothing" ? token : tokenOf("warm-up")));
    const service = waitsFor === "issuer" ? "issuer" : "sts";
    if (fault !== undefined) sandbox.faults.add({ service, fault });
    let sendRest = (): void => undefined;
    const rest = new Promise<void>((resolve) => {
      sendRest = resolve;
    });
    const door = { sts: ground.stsDoor, issuer: ground.issuerDoor, redis: ground.redisDoor }[
      waitsFor as string
    ];
    const before = door?.bytesIn() ?? 0;
    const asked = waitsFor === "nothing" ? undefined : ask(token, waitsFor === "body" ? { rest } : undefined);
    asked?.catch(() => undefined);
    while (door !== undefined && door.bytesIn() === before) await new Promise(setImmediate);
    server.signal("SIGSTOP");
    meanwhile?.(ground);
    sendRest();
    await new Promise((resolve) => setTimeout(resolve, realSeconds * 1_000));
    sandbox.faults.clear();
    ground.pass(Math.max(0, seconds - realSeconds) * 1_000);
    // What thaws an instance is a request.
    const next = [ask(token), ask(tokenOf("bob"))] as const;
    const thawedMs = performance.now();
    server.signal("SIGCONT");
    const [underWay, after, other] = await Promise.all([asked, ...next]);
    replies.push(...[underWay, after, other].filter((reply) => reply !== undefined));
    server.signal("SIGTERM");
    const { code } = await server.ended;

    const wrong: string[] = [];
    const shown = (what: string, reply: Reply | undefined, statuses: readonly number[]): string => {
      if (reply === undefined) return "–";
      const { status, body, atMs, cloudMs } = reply;
      const tookMs = atMs - thawedMs;
      const text = `${status} ${body["Code"]} after ${Math.round(tookMs)} ms`;
      if (!statuses.includes(status) || tookMs > PATIENCE_MS) wrong.push(`${what}: ${text}`);
      if (status === 200 && !(Date.parse(body["Expiration"] ?? "") > cloudMs))
        wrong.push(`${what}: credentials that expired at ${body["Expiration"]}`);
      return text;
    };
    const thawed = {
      underWay: shown("the request under way", underWay, right),
      after: shown("the first one afterwards", after, rightAfter),
      other: shown("the first one of another user", other, rightForOther),
    };
    const ids = lines()
      .filter(({ warning }) => warning === undefined)
      .map(({ requestId }) => String(requestId));
    const answered = replies.map(({ body }) => String(body["RequestId"]));
    if (JSON.stringify(ids.sort()) !== JSON.stringify(answered.sort()))
      wrong.push(`${answered.length} answers, ${ids.length} lines`);
    if (code !== 0) wrong.push(`it ended with ${code}`);
    const [, ...said] = server.errors().trim().split("\n");
    wrong.push(...said);
    return { wrong, ...thawed };
  } finally {
    server.signal("SIGKILL");
    server.stdout.resume();
    await server.ended;
    await ground.close();
  }
}
