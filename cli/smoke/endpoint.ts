import { cloudProblemFrom } from "../cloud-problem.ts";

/** What the endpoint said. */
export interface EndpointAnswer {
  /** 0: nothing came. */
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly cacheControl: string;
  /** e.g. `401 TokenExpired`, or what came in place of a contract's answer. */
  readonly summary: string;
}

/** Milliseconds that one request may take: a cold start, the issuer's keys and STS among it. */
const TIMEOUT_MS = 15_000;

/** One GET. Never rejects. */
export async function answerOf(url: string, authorization?: string): Promise<EndpointAnswer> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      headers: authorization === undefined ? {} : { Authorization: authorization },
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = await response.text();
  } catch (error) {
    const summary = `no answer (${cloudProblemFrom(error).words})`;
    return { status: 0, body: {}, cacheControl: "", summary };
  }
  const { status } = response;
  const cacheControl = response.headers.get("cache-control") ?? "";
  try {
    const body = Object(JSON.parse(text)) as Readonly<Record<string, unknown>>;
    return { status, body, cacheControl, summary: `${status} ${String(body["Code"] ?? "")}`.trim() };
  } catch {
    return { status, body: {}, cacheControl, summary: `${status}, and no JSON: is this the endpoint?` };
  }
}
