import { failure } from "../failure.ts";
import type { LiveCredentials } from "../live-credentials.ts";
import { saysEnded } from "../oss/ended.ts";
import type { LiveOptions } from "./options.ts";
import type { RequestParams, Sdk, SdkError, SdkStream } from "./sdk.ts";

/** Why a request is sent once more: its keys had ended, or OSS refused its time. Each helps once. */
type Reason = "keys" | "clock";

/** Makes a stream anew, whose first edition a request has used up. */
type Remake = (stream: SdkStream) => SdkStream | Promise<SdkStream>;

/** Every request of `sdk` waits for live credentials, is signed with server time, and is sent once more where that can help. */
export function liveRequests(sdk: Sdk, credentials: LiveCredentials, live: LiveOptions): void {
  const request = sdk.request.bind(sdk);
  const requestError = sdk.requestError.bind(sdk);
  const repeated = new WeakMap<RequestParams, Set<Reason>>();
  const parts = new WeakMap<SdkStream, Remake>();
  /** For the stream of the request that begins in this same turn. */
  let remakeNext: Remake | undefined;

  sdk.request = async (params) => {
    const stream = params.stream ?? params.writeStream ?? undefined;
    const remake = remakeNext ?? (stream && parts.get(stream));
    const reasons = reasonsOf(params);
    for (;;) {
      const used = await credentials.get();
      // cancel() ended it meanwhile. Sent, it would never end.
      if (stream?.destroyed && sdk.isCancel()) throw sdk._makeCancelEvent();
      try {
        return await live.during(used, params.bucket, () => request(params));
      } catch (thrown) {
        const error = thrown as SdkError;
        const reason = reasonIn(error);
        if (reason === undefined || reasons.has(reason)) throw error;
        reasons.add(reason);
        if (reason === "keys") credentials.invalidate(used);
        else credentials.correctClock(Date.parse(error.serverTime ?? ""));
        if (stream === undefined) continue;
        if (remake === undefined) throw withoutRepeat(error);
        params[params.stream ? "stream" : "writeStream"] = await remake(stream);
      }
    }
  };

  /** A second call with the same parameters is the browser build's, which repeats by itself, without an end, for the time. */
  function reasonsOf(params: RequestParams): Set<Reason> {
    const reasons = repeated.get(params);
    if (reasons?.has("clock")) {
      const message = "OSS refuses the time of the request, also after the clock was set by its own.";
      throw failure("oss", "RequestTimeTooSkewed", message, { status: 403 });
    }
    reasons?.add("clock");
    const all = reasons ?? new Set<Reason>();
    repeated.set(params, all);
    return all;
  }

  sdk.requestError = async (result) => {
    result.data ??= await textOf(result.res);
    const error = await requestError(result);
    const ec = result.headers?.["x-oss-ec"];
    if (error.code === undefined && ec !== undefined) error.code = CODE_OF_EC[ec];
    error.serverTime ??= result.headers?.["date"];
    return error;
  };

  const createStream = sdk._createStream?.bind(sdk);
  if (createStream) {
    sdk._createStream = async (file, start, end) => {
      const stream = await createStream(file, start, end);
      if (stream !== file) parts.set(stream, () => createStream(file, start, end));
      return stream;
    };
  }

  // Both end in request() within the same turn.
  const putStream = sdk.putStream.bind(sdk);
  sdk.putStream = (name, stream, options) =>
    remaking(fileReader(stream), () => putStream(name, stream, options));
  const get = sdk.get.bind(sdk);
  sdk.get = (name, file, options) =>
    remaking(typeof file === "string" ? (old) => new (constructorOf(old))(file) : undefined, () =>
      get(name, file, options),
    );

  function remaking<T>(remake: Remake | undefined, call: () => T): T {
    remakeNext = remake;
    try {
      return call();
    } finally {
      remakeNext = undefined;
    }
  }
}

function reasonIn(error: SdkError): Reason | undefined {
  if (saysEnded(error)) return "keys";
  const { code, serverTime } = error;
  return code === "RequestTimeTooSkewed" && Date.parse(serverTime ?? "") ? "clock" : undefined;
}

/** The codes of ended credentials, for answers whose body ali-oss has put elsewhere. Source: OSS, "Error codes". */
const CODE_OF_EC: Readonly<Record<string, string>> = {
  "0002-00000902": "InvalidAccessKeyId",
  "0002-00000904": "InvalidAccessKeyId",
  "0002-00000003": "InvalidAccessKeyId",
  "0002-00000007": "SecurityTokenExpired",
  "0002-00000008": "InvalidSecurityToken",
};

/** ali-oss gives the caller of getStream the body of an answer unread, also that of an error: then it knows no code. */
async function textOf(res: unknown): Promise<string | undefined> {
  const { readable } = Object(res) as { readonly readable?: boolean };
  if (!readable) return undefined;
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of res as AsyncIterable<Uint8Array>)
      text += decoder.decode(chunk, { stream: true });
  } catch {
    // The connection ended. ali-oss makes an error of the status.
  }
  return text;
}

type StreamClass = new (path: string, range?: object) => SdkStream;

function constructorOf(stream: object): StreamClass {
  return stream.constructor as StreamClass;
}

/** For a stream of Node.js that reads a file. */
function fileReader(stream: unknown): Remake | undefined {
  const { path, flags, start, end } = Object(stream) as Readonly<Record<string, unknown>>;
  return typeof path === "string" && typeof flags === "string"
    ? () => new (constructorOf(stream as object))(path, { start, end })
    : undefined;
}

function withoutRepeat(error: SdkError): SdkError {
  error.message +=
    " The client has new credentials now, but cannot send a stream a second time: call again with a new stream.";
  return error;
}
