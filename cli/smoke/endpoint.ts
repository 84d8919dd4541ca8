import { cloudProblemFrom, httpSent, problemText } from "../shared/cloud-problem.ts";

/** What the endpoint said. */
export interface EndpointAnswer {
  /** 0: nothing came. */
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly cacheControl: string;
  /** e.g. `401 TokenExpired`, or what came in place of a contract's answer. */
  readonly summary: string;
}

/** One GET, or one POST of JSON. Never rejects. */
export async function answerOf(url: string, authorization?: string, json?: object): Promise<EndpointAnswer> {
  try {
    const { status, headers, text } = await httpSent(url, {
      headers: {
        ...(authorization === undefined ? {} : { Authorization: authorization }),
        ...(json === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(json === undefined ? {} : { method: "POST", body: JSON.stringify(json) }),
    });
    const cacheControl = headers.get("cache-control") ?? "";
    const body = bodyIn(text);
    const location = headers.get("location");
    const what =
      location === null
        ? body === undefined
          ? ", and the body is not JSON: is this the endpoint?"
          : ` ${String(body["Code"] ?? body["Status"] ?? "")}`
        : `, a redirect to ${location}: is that the endpoint?`;
    return { status, body: body ?? {}, cacheControl, summary: `${status}${what}`.trim() };
  } catch (error) {
    return { status: 0, body: {}, cacheControl: "", summary: problemText(cloudProblemFrom(error)) };
  }
}

function bodyIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return Object(JSON.parse(text)) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
