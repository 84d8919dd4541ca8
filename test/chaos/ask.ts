import { Agent, request } from "node:http";

/** One request of an App, and all that came back. */
export interface Asked {
  readonly user: string;
  readonly path: "/credentials" | "/uploads" | "/downloads" | "/healthz";
  readonly appToken: string;
  /** Milliseconds until the last byte of the answer, or until the connection broke. */
  readonly ms: number;
  /** 0: there was no answer. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
  /** The answer as JSON; undefined when it is none. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/** Milliseconds. Longer than anything may take: an App has given up long ago. */
const PATIENCE_MS = 20_000;

/** Keeps its connections, as Function Compute does. Undo it with `destroy`. */
export function newAgent(): Agent {
  return new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 256 });
}

export function ask(
  origin: string,
  { user, path, appToken }: Pick<Asked, "user" | "path" | "appToken">,
  agent: Agent,
): Promise<Asked> {
  const startedMs = performance.now();
  const data = dataFor(path, user);
  return new Promise((resolve) => {
    const settle = (status: number, headers: Asked["headers"], text: string) => {
      clearTimeout(timer);
      const ms = performance.now() - startedMs;
      resolve({ user, path, appToken, ms, status, headers, text, body: jsonFrom(text) });
    };
    const sent = request(
      origin + path,
      {
        agent,
        method: data === undefined ? "GET" : "POST",
        headers: {
          ...(path === "/healthz" ? {} : { authorization: `Bearer ${appToken}` }),
          ...(data === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(data) }),
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        response.on("end", () => settle(response.statusCode ?? 0, response.headers, text));
        response.on("error", () => settle(0, {}, text));
      },
    );
    const timer = setTimeout(() => sent.destroy(new Error("no patience left")), PATIENCE_MS);
    sent.on("error", () => settle(0, {}, ""));
    sent.end(data);
  });
}

function dataFor(path: Asked["path"], user: string): string | undefined {
  const key = `photos/${user}/a.jpg`;
  if (path === "/uploads")
    return JSON.stringify({ files: [{ key, contentType: "image/jpeg", bytes: 1_000 }] });
  return path === "/downloads" ? JSON.stringify({ keys: [key] }) : undefined;
}

function jsonFrom(text: string): Asked["body"] {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? (body as Asked["body"]) : undefined;
  } catch {
    return undefined;
  }
}
