import { type AppToken, refuseNoFunction, tokenFrom } from "../credentials/app-token.ts";
import { jsonOf, refusalOf } from "../credentials/ask-valet.ts";
import { safeEndpoint } from "../credentials/endpoint.ts";
import { failure, invalid } from "../failure.ts";
import { retried } from "../oss/retry.ts";

export interface FormsOptions {
  /** The address of `/uploads`: https, or http on this machine. `/downloads` is beside it. */
  readonly endpoint: string;
  readonly appToken: AppToken;
}

/** What the function answered. */
export interface PostAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly text: string;
}

/** Sends `data` as JSON. Throws ValetError; the signal's reason. */
export type Post = (call: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly data: object;
  readonly signal: AbortSignal | undefined;
}) => Promise<PostAnswer>;

/** Asks `/uploads` or `/downloads`. Throws ValetError with the function's code; the signal's reason. */
export type Ask = <Field extends string>(
  path: "/uploads" | "/downloads",
  field: Field,
  request: object,
  signal: AbortSignal | undefined,
) => Promise<readonly unknown[]>;

/** Throws InvalidArgument for options that cannot work. */
export function askOf({ endpoint, appToken }: FormsOptions, post: Post): Ask {
  const uploads = safeEndpoint(endpoint, "/uploads");
  if (!uploads.endsWith("/uploads")) throw invalid(`endpoint is "${uploads}"; write https://…/uploads`);
  refuseNoFunction(appToken);
  const root = uploads.slice(0, -"/uploads".length);
  return (path, field, request, signal) =>
    retried(async () => {
      const send = async (refused: boolean) =>
        post({
          url: root + path,
          headers: {
            Authorization: `Bearer ${await tokenFrom(appToken, refused)}`,
            // Lower case: my and tt look for this spelling before they make JSON.
            "content-type": "application/json",
          },
          data: request,
          signal,
        });
      let answer = await send(false);
      if (answer.status === 401) answer = await send(true);
      const body = jsonOf(answer.text) ?? {};
      const items = (body as Record<string, unknown>)[field];
      if (answer.status === 200 && Array.isArray(items)) return items;
      if (answer.status !== 200) throw refusalOf(answer, body);
      throw failure("network", "InvalidAnswer", `${root}${path} gave no ${field}`, { status: 200 });
    }, signal);
}
