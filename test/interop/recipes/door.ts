import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import type { CredentialsBody } from "../../../shared/wire.ts";

/** What becomes of one call for credentials. */
export type Turn =
  | {
      /** Seconds that the credentials live, as the App is told. They really live as long as STS said. */
      readonly lifeSeconds?: number;
      /** Runs before the function is asked. */
      readonly before?: () => Promise<void> | void;
    }
  | { readonly status: number; readonly code: string; readonly retryAfterSeconds?: number };

/** A call that a program made. */
export interface Call {
  readonly authorization: string | undefined;
  readonly atMs: number;
}

/** Stands before the function and before OSS, so that a program meets what happens once in a while. */
export interface Door {
  readonly credentialsUrl: string;
  readonly calls: readonly Call[];
  close(): Promise<void>;
}

export interface DoorOptions {
  readonly credentialsUrl: string;
  /** Such as http://localhost:9001. */
  readonly ossUrl: string;
  /** What the answer names where the bucket has no domain of its own. */
  readonly publicEndpoint: string;
  readonly bucket: string;
  /** What becomes of the n-th call; the first is 0. */
  readonly turn: (call: number) => Turn;
  /**
   * `own domain`: the answer names the door as the bucket's own domain, with the name that the program finds it by:
   * localhost, a name that the program knows from a hosts file, or one that its proxy answers for.
   */
  readonly endpoint: "public" | "own domain" | "own domain by hosts file" | "own domain by proxy";
}

/** For SDKs that put the bucket into the path for every name that they know to be local. */
export const OWN_DOMAIN = "files.example.com";

export async function openDoor(options: DoorOptions): Promise<Door> {
  const calls: Call[] = [];
  // Lenient: the C SDK sends Content-Length together with Transfer-Encoding.
  const server = createServer({ insecureHTTPParser: true }, (incoming, response) => {
    const isCall = incoming.url?.startsWith("/credentials") === true;
    const answered = isCall ? answerCall(incoming, response) : answerForBucket(incoming, response);
    answered.catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const ownHost = {
    public: undefined,
    "own domain": `localhost:${port}`,
    "own domain by hosts file": `${OWN_DOMAIN}:${port}`,
    "own domain by proxy": OWN_DOMAIN,
  }[options.endpoint];

  /** A name with the bucket before it does not exist. */
  async function answerForBucket(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    if (incoming.headers.host !== ownHost) response.writeHead(502).end("no such host");
    else await passToBucket(incoming, response, options);
  }

  async function answerCall(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { authorization } = incoming.headers;
    const turn = options.turn(calls.length);
    calls.push({ authorization, atMs: Date.now() });
    if ("status" in turn) return refuse(response, turn);
    await turn.before?.();
    const answer = await fetch(options.credentialsUrl, {
      headers: authorization === undefined ? {} : { authorization },
    });
    const body = (await answer.json()) as CredentialsBody;
    response.writeHead(answer.status, { "content-type": "application/json; charset=utf-8" });
    response.end(JSON.stringify(answer.ok ? changed(body, turn.lifeSeconds) : body));
  }

  function changed(body: CredentialsBody, lifeSeconds: number | undefined): CredentialsBody {
    const place =
      ownHost === undefined
        ? { OssEndpoint: options.publicEndpoint }
        : { OssEndpoint: `http://${ownHost}`, OssCname: "true" as const };
    const endMs = Date.parse(body.LastUpdated) + (lifeSeconds ?? 0) * 1000;
    const life =
      lifeSeconds === undefined ? {} : { Expiration: new Date(endMs).toISOString().replace(".000Z", "Z") };
    return { ...body, ...place, ...life };
  }

  return {
    credentialsUrl: `http://127.0.0.1:${port}/credentials`,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function refuse(
  response: ServerResponse,
  { status, code, retryAfterSeconds }: Extract<Turn, { status: number }>,
): Promise<void> {
  // Long enough for threads that ask at the same time to ask together.
  await setTimeout(50);
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
  });
  const text = { Code: code, Message: `refused as ${code}` };
  response.end(
    JSON.stringify({
      StatusCode: String(status),
      ...text,
      ErrorCode: text.Code,
      ErrorMessage: text.Message,
      RequestId: "1-door",
    }),
  );
}

/** As a CNAME does: the bucket answers, whatever name the client has for it. A proxy gets the whole address. */
function passToBucket(
  incoming: IncomingMessage,
  response: ServerResponse,
  { ossUrl, bucket }: DoorOptions,
): Promise<void> {
  const { port } = new URL(ossUrl);
  const headers = { ...incoming.headers, host: `${bucket}.localhost:${port}` };
  if (headers["transfer-encoding"] !== undefined) delete headers["content-length"];
  return new Promise((resolve, reject) => {
    const onward = request({
      host: "127.0.0.1",
      port,
      method: incoming.method,
      path: incoming.url?.replace(/^http:\/\/[^/]*/, ""),
      headers,
    });
    onward.once("error", reject);
    onward.once("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response).once("finish", resolve);
    });
    incoming.pipe(onward);
  });
}
