import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { dirname, join } from "node:path";
import jwt from "jsonwebtoken";
import type { HttpRequest } from "../../../functions/http/http.ts";
import type { TokenGuard } from "../../../functions/http/token-guard.ts";
import { eventWith, loadHandler } from "./fc-handler.ts";
import { report } from "./report.ts";
import { SECRET } from "./token-of.ts";

// Microseconds of processor time for a request with a refused token, with a good one whose credentials are in the cache, and
// for one that the limit by address refuses: all in turn, in rounds. The arguments: rounds, calls in a round.
const [rounds = 0, each = 0] = process.argv.slice(2).map(Number);

const PAIRS = {
  RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
};
const SIGNING: Readonly<Record<"HS256" | "RS256" | "ES256", jwt.Secret>> = {
  HS256: SECRET,
  RS256: PAIRS.RS256.privateKey,
  ES256: PAIRS.ES256.privateKey,
};
const pem = ({ publicKey }: { readonly publicKey: KeyObject }) =>
  publicKey.export({ type: "spki", format: "pem" }) as string;
const folder = dirname(process.env["BUNDLE"] ?? "");
process.env["JWT_RS256"] = pem(PAIRS.RS256);
process.env["JWT_ES256"] = pem(PAIRS.ES256);
const handler = loadHandler();
const { tokenGuardOf } = require(join(folder, "token-guard.js")) as {
  readonly tokenGuardOf: (options: object) => TokenGuard;
};

function requestWith(token: string, sourceIp: string): HttpRequest {
  return {
    method: "GET",
    path: "/credentials",
    query: [],
    headers: new Map([["authorization", [`Bearer ${token}`]]]),
    body: Buffer.alloc(0),
    sourceIp,
    requestId: "1-request",
    unreadable: undefined,
  };
}

const answers = (token: string, wanted: number) => {
  const event = eventWith(token);
  return async (): Promise<void> => {
    const { statusCode, body } = await handler(event, {});
    if (statusCode !== wanted) throw new Error(body);
  };
};

/** The same length, and well-formed: only the signature is another one. */
function forged(token: string): string {
  const at = token.lastIndexOf(".") + 10;
  return token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
}

async function measure(): Promise<void> {
  const guard = tokenGuardOf({ by: "peer", allowedOrigins: [] });
  const closed = requestWith("a.b.c", "198.51.100.1");
  const variants = new Map<string, () => Promise<void>>([
    ["shape", answers("not a token", 401)],
    [
      "limited",
      async () => {
        if ((await guard.before(closed)) !== undefined) return;
        // Its minute is over: it is closed again.
        const refusedToken = { status: 401, headers: {}, body: '{"Code":"InvalidToken"}' };
        while ((await guard.before(closed)) === undefined) await guard.after(closed, refusedToken);
      },
    ],
  ]);
  for (const [algorithm, key] of Object.entries(SIGNING)) {
    const token = jwt.sign({ sub: "alice" }, key, {
      algorithm: algorithm as keyof typeof SIGNING,
      issuer: `https://${algorithm.toLowerCase()}.example.com/`,
      audience: "photo-app",
      expiresIn: 3600,
    });
    variants.set(`hit${algorithm}`, answers(token, 200));
    variants.set(`refused${algorithm}`, answers(forged(token), 401));
  }
  const names = [...variants.keys()];
  const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  // Ten thousand calls first, until V8 has compiled what it will.
  for (let round = -Math.ceil(10_000 / each); round < rounds; round += 1) {
    for (let at = 0; at < names.length; at += 1) {
      const name = names[(at + Math.abs(round)) % names.length] ?? "";
      const before = process.cpuUsage();
      for (let call = 0; call < each; call += 1) await variants.get(name)?.();
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) times[name]?.push((user + system) / each);
    }
  }
  report(times);
}

void measure();
