import type { AliOss } from "./oss-service.ts";

/** A request that ali-oss signs, although none of its methods sends it. */
export interface OssAsked {
  /** Default: the test's bucket; "" for the service. */
  readonly bucket?: string;
  readonly object?: string;
  /** Query parameters that V1 signs; `""` sends the bare name. */
  readonly subres?: Readonly<Record<string, string | number>>;
  /** The others. */
  readonly query?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly content?: Buffer;
}

/** An answer as it came, refusals included. */
export interface OssAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The text of the first element of that name. */
  readonly element: (name: string) => string | undefined;
}

/** Sends a request that ali-oss signs. */
export async function ask(client: AliOss, method: string, asked: OssAsked = {}): Promise<OssAnswer> {
  const sender = client as unknown as Sender;
  const { status, headers, data } = await sender.request({ bucket: "examplebucket", ...asked, method });
  const body = Buffer.from(data ?? "").toString("utf8");
  return {
    status,
    headers,
    body,
    element: (name) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1],
  };
}

interface Sender {
  request(parameters: OssAsked & { readonly method: string }): Promise<{
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly data: Buffer | undefined;
  }>;
}
