import { ENGLISH, type ExplanationTexts } from "./english.ts";

/** An error of OSS, of the function or of this package, explained. */
export interface ExplainedError {
  /** Such as `AccessDenied`, as the service or the SDK gave it; `Unknown` when there is none. */
  readonly code: string;
  /** The EC of OSS, such as `0003-00000301`: more exact than the code. */
  readonly ec?: string;
  /** What is wrong. It never repeats the error's own message, which may hold keys. */
  readonly cause: string;
  /** What to do about it. Names in backquotes are those of this package's `Credentials` and of the function's settings. */
  readonly fix: string;
  /** What support needs to find the call in its logs. */
  readonly requestId?: string;
  /** The page of Alibaba Cloud about this EC. */
  readonly learnMore?: string;
}

/**
 * Explains an error that an App sees: a ValetError; an error of ali-oss, of another SDK, or of fetch; the body of an
 * answer, as text (XML or JSON) or as an object; and what has one of these as its `cause` or `data`. It takes anything and
 * never throws. `texts` is the language: English, or `zh` of `oss-valet-client/zh`.
 */
export function explainOssError(error: unknown, texts: ExplanationTexts = ENGLISH): ExplainedError {
  let code: string | undefined;
  let ec: string | undefined;
  let requestId: string | undefined;
  let row: keyof ExplanationTexts | undefined;
  let inner = error;
  for (let depth = 0; depth < MAX_DEPTH && inner && !row; depth++) {
    const own = textIn(inner, "code", "Code", "name");
    ec ??= /^\d{4}-\d{8}$/.exec(textIn(inner, "ec", "ecCode", "EC") ?? "")?.[0];
    requestId ??= textIn(inner, "requestId", "RequestId") ?? textIn(valueIn(inner, "$metadata"), "requestId");
    // Only the function's body has ErrorCode.
    const source = textIn(inner, "source") ?? (textIn(inner, "ErrorCode") && "valet");
    // The words of a ValetError are ours, not OSS's. From an address on, a message has the names of an App's files.
    const message = textIn(inner, "message", "Message") ?? (typeof inner === "string" ? inner : "");
    const words = source ? "" : message.split("http")[0];
    const said = `${ec} ${source}:${own} ${words}`;
    row = rowFor(said);
    if (row || !code) code = own;
    inner = INSIDE.map((name) => valueIn(inner, name)).find((value) => value);
  }
  const [cause, fix] = texts[row ?? ""];
  return {
    code: code ?? "Unknown",
    ...(ec && { ec, learnMore: `https://api.aliyun.com/troubleshoot?q=${ec}` }),
    cause,
    fix,
    ...(requestId && { requestId }),
  };
}

/** Errors that are looked into: the SDK's, its transport's, that one's answer, its body. A chain may be a circle. */
const MAX_DEPTH = 5;

/** Where errors keep what they come from. */
const INSIDE = ["cause", "response", "data", "body"];

/** The highest row of the table that fits. Always of the English table: it has the right order. */
function rowFor(said: string): keyof ExplanationTexts | undefined {
  return (Object.keys(ENGLISH) as (keyof ExplanationTexts)[]).find((row) => row && RegExp(row).test(said));
}

/** The first of these fields that is a text. */
function textIn(error: unknown, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = valueIn(error, name);
    if (value && typeof value === "string") return value;
  }
  return undefined;
}

/** A field of an object; of a text, what its XML or JSON has under this name. */
function valueIn(error: unknown, name: string): unknown {
  if (typeof error === "string") return RegExp(`[<"]${name}[>": ]+([^<"]+)`).exec(error)?.[1];
  try {
    return (error as Readonly<Record<string, unknown>> | null | undefined)?.[name];
  } catch {
    return undefined; // a getter that throws, or a revoked Proxy
  }
}
