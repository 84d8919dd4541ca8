import { type Agent, request as httpRequest, type IncomingMessage } from "node:http";
import type { Ground } from "./ground.ts";
import { oneOf, type Random } from "./random.ts";

/** One request of the traffic, and what may be answered. */
export interface Exchange {
  readonly kind: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Answers that are right when nothing fails. */
  readonly right: readonly number[];
  /** Whose folder a 200 must be for; undefined: there are no credentials in it. */
  readonly user?: string;
  /** Milliseconds after which the client goes away. */
  readonly abortAfterMs?: number;
  /** Milliseconds between two halves of the body. */
  readonly pauseMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
  readonly tookMs: number;
}

/** Users who come again and again. The others come once. */
const RETURNING = 1_500;

/** Seconds. Longer than what the clock is moved by at once, so that tokens serve for a while. */
const TOKEN_SECONDS = 24 * 3600;

/** Traffic that a seed decides. */
export function traffic(ground: Ground, random: Random): { next(): Exchange; forgetTokens(): void } {
  const { issuer, clock } = ground.sandbox;
  const tokens = new Map<string, { readonly token: string; readonly endMs: number }>();
  let newUsers = 0;
  const newUser = (): string => {
    newUsers += 1;
    return `new-${newUsers}`;
  };
  const tokenOf = (user: string): string => {
    const known = tokens.get(user);
    if (known !== undefined && known.endMs > clock.nowMs() + 60_000) return known.token;
    // ES256: to sign is ten times cheaper than with RS256.
    const token = issuer.token({ sub: user }, { algorithm: "ES256", expiresInSeconds: TOKEN_SECONDS });
    if (user.startsWith("returning"))
      tokens.set(user, { token, endMs: clock.nowMs() + TOKEN_SECONDS * 1_000 });
    return token;
  };
  const returning = () => `returning-${Math.floor(random() * RETURNING)}`;
  const by = (user: string) => ({ authorization: `Bearer ${tokenOf(user)}` });
  const asked = (kind: string, user: string, path = "/credentials"): Exchange => ({
    kind,
    method: "GET",
    path,
    headers: by(user),
    right: [200],
    user,
  });
  const posted = (kind: string, path: string, user: string, body: string, right: number): Exchange => ({
    kind,
    method: "POST",
    path,
    headers: { ...by(user), "content-type": "application/json" },
    body,
    right: [right],
  });
  const badToken = (): string =>
    oneOf(random, [
      [3, () => issuer.token({ sub: "mallory" }, { algorithm: "ES256", unpublishedKey: true })],
      [2, () => issuer.token({ sub: "mallory" }, { algorithm: "ES256", expiresInSeconds: -600 })],
      [2, () => issuer.token({ sub: "mallory", aud: "another-app" }, { algorithm: "ES256" })],
      [1, () => issuer.token({ sub: "mallory" }, { algorithm: "none" })],
      [1, () => issuer.token({ sub: "mallory" }, { algorithm: "ES256", header: { kid: String(random()) } })],
      [2, () => "not.a.token"],
    ])();
  const kinds: readonly (readonly [number, () => Exchange])[] = [
    [38, () => asked("returning user", returning())],
    [18, () => asked("new user", newUser())],
    [3, () => asked("narrowed", returning(), "/credentials?permissions=read&durationSeconds=900")],
    [2, () => ({ kind: "healthz", method: "GET", path: "/healthz", headers: {}, right: [200] })],
    [
      9,
      () => ({
        kind: "bad token",
        method: "GET",
        path: "/credentials",
        headers: { authorization: `Bearer ${badToken()}` },
        right: [401],
      }),
    ],
    [1, () => ({ kind: "no token", method: "GET", path: "/credentials", headers: {}, right: [401] })],
    [2, () => ({ ...asked("bad parameter", returning(), "/credentials?permision=read"), right: [400] })],
    [1, () => ({ ...asked("unknown path", returning(), "/credential"), right: [404] })],
    [1, () => posted("oversized body", "/credentials", returning(), "x".repeat(100_000), 413)],
    [1, () => posted("far too large a body", "/credentials", returning(), "x".repeat(900_000), 413)],
    [3, () => ({ ...asked("aborted", returning()), abortAfterMs: Math.floor(random() * 20) })],
    [1, () => ({ ...asked("aborted, new user", newUser()), abortAfterMs: random() * 20 })],
    [
      1,
      () => ({
        ...posted("slow client", "/credentials", returning(), '{"permissions":["read"]}', 200),
        pauseMs: 300,
      }),
    ],
    [13, () => forms(returning())],
    [5, () => downloads(returning())],
  ];
  const forms = (user: string): Exchange => {
    const files = [{ name: "a.jpg", contentType: "image/jpeg", bytes: 1_000 }];
    return posted("uploads", "/uploads", user, JSON.stringify({ files }), 200);
  };
  const downloads = (user: string): Exchange =>
    posted("downloads", "/downloads", user, JSON.stringify({ keys: [`users/${user}/a.jpg`] }), 200);
  return { next: () => oneOf(random, kinds)(), forgetTokens: () => tokens.clear() };
}

/** The answer; undefined when the client went away. Rejects when the connection ends without a whole answer. */
export function exchanged(agent: Agent, port: number, exchange: Exchange): Promise<Answer | undefined> {
  const { method, path, headers, body, abortAfterMs, pauseMs } = exchange;
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    let isAborted = false;
    const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
    const request = httpRequest({
      agent,
      port,
      host: "127.0.0.1",
      method,
      path,
      headers: { ...headers, ...length },
    });
    const failed = (error: Error): void => (isAborted ? resolve(undefined) : reject(error));
    request.on("error", failed);
    request.on("response", (response: IncomingMessage) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("error", failed).on("end", () => {
        const told = text === "" ? {} : (JSON.parse(text) as Answer["body"]);
        resolve({ status: response.statusCode ?? 0, body: told, tookMs: performance.now() - startedMs });
      });
    });
    if (abortAfterMs !== undefined) {
      setTimeout(() => {
        isAborted = true;
        request.destroy();
        resolve(undefined);
      }, abortAfterMs);
    }
    if (body === undefined || pauseMs === undefined) {
      request.end(body);
      return;
    }
    request.write(body.slice(0, body.length / 2));
    setTimeout(() => request.end(body.slice(body.length / 2)), pauseMs);
  });
}
