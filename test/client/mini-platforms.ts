import { readFileSync } from "node:fs";
import { type ClientRequest, request as httpRequest } from "node:http";
import type { MiniPlatform } from "../../client/src/mini-program.ts";

/** How the platforms differ: the names of what they take and tell, and when they call `fail`. */
export type MiniName = "wx" | "my" | "tt" | "uni";

export interface MiniDouble {
  readonly platform: MiniPlatform;
  /** Names of the parts of each multipart body that was sent, in their order. */
  readonly sentParts: readonly (readonly string[])[];
  readonly sentBodies: readonly string[];
  /** What `uploadFile` got, without its callbacks. */
  readonly uploads: readonly Readonly<Record<string, unknown>>[];
  /** Makes the next uploads end before an answer, as a lost connection does. */
  readonly loseNext: (count: number) => void;
  /** Lets the next uploads arrive, and loses their answers. */
  readonly loseNextAnswers: (count: number) => void;
}

interface Options {
  readonly url: string;
  readonly method?: string;
  readonly header?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly data?: object;
  readonly redirect?: string;
  readonly filePath?: string;
  readonly name?: string;
  readonly fileName?: string;
  readonly fileType?: string;
  readonly formData?: Readonly<Record<string, string>>;
  success(answer: object): void;
  fail(problem: object): void;
}

const BOUNDARY = "----double7MA4YWxk";

/**
 * A double of one platform: `request` and `uploadFile` as its documents describe them, over real HTTP. `uploadFile` sends
 * the fields of `formData` in their order, and then the file.
 */
export function miniPlatform(name: MiniName): MiniDouble {
  const sentParts: string[][] = [];
  const sentBodies: string[] = [];
  const uploads: Record<string, unknown>[] = [];
  let lost = 0;
  let lostAnswers = 0;
  const platform = {
    request: (options: Options) => {
      const headers = (name === "my" ? options.headers : options.header) ?? {};
      // Only for this spelling does my make JSON of an object.
      if (headers["content-type"] !== "application/json") throw new Error("content-type");
      const sent = send(options, headers, Buffer.from(JSON.stringify(options.data)));
      return { abort: () => void sent.destroy() };
    },
    uploadFile: ({ success, fail, ...options }: Options) => {
      uploads.push(options);
      const missing = problemIn(options);
      if (missing !== undefined) {
        setImmediate(() => fail(missing));
        return name === "my" ? promising(missing) : {};
      }
      const part = String(name === "my" ? options.fileName : options.name);
      const body = bodyOf(options, part);
      sentParts.push([...Object.keys(options.formData ?? {}), part]);
      sentBodies.push(body.toString("utf8"));
      if (lost > 0) {
        lost -= 1;
        setImmediate(() => fail(problem("uploadFile:fail net::ERR_CONNECTION_RESET", 12)));
        return {};
      }
      const losesAnswer = lostAnswers > 0;
      if (losesAnswer) lostAnswers -= 1;
      const listeners: ((progress: object) => void)[] = [];
      const type = { "Content-Type": `multipart/form-data; boundary=${BOUNDARY}` };
      const sent = send(
        {
          ...options,
          fail,
          success: losesAnswer ? () => fail(problem("uploadFile:fail socket hang up", 12)) : success,
        },
        type,
        body,
        () => {
          for (const listener of listeners) listener({ progress: 100, totalBytesSent: body.length });
        },
      );
      return {
        abort: () => void sent.destroy(),
        onProgressUpdate: (listener: (progress: object) => void) => void listeners.push(listener),
      };
    },
  };
  return {
    platform,
    sentParts,
    sentBodies,
    uploads,
    loseNext: (count) => {
      lost = count;
    },
    loseNextAnswers: (count) => {
      lostAnswers = count;
    },
  };

  /** What the platform says before it sends anything. */
  function problemIn({ filePath = "", fileType = "" }: Partial<Options>): object | undefined {
    if (name === "my" && !["image", "video", "audio"].includes(fileType)) return problem("fileType", 2);
    try {
      readFileSync(filePath);
      return undefined;
    } catch {
      return name === "my" ? { error: "11" } : problem("uploadFile:fail file not found", 0);
    }
  }

  function problem(message: string, error: number): object {
    return name === "my" ? { error, errorMessage: message } : { errMsg: message };
  }

  function send(
    options: Options,
    headers: Readonly<Record<string, string>>,
    body: Buffer,
    onSent: () => void = () => undefined,
  ): ClientRequest {
    const sent = httpRequest(options.url, { method: "POST", headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        const status = response.statusCode ?? 0;
        if (name === "my") {
          const answer = { status, data: text, headers: response.headers };
          if (status >= 400 && options.filePath === undefined) options.fail({ error: 19, ...answer });
          else
            options.success(
              options.filePath === undefined ? answer : { statusCode: String(status), data: text },
            );
        } else options.success({ statusCode: status, data: text, header: response.headers });
      });
    });
    sent.on("error", (error) => options.fail(problem(`request:fail ${error.message}`, 12)));
    sent.end(body, onSent);
    return sent;
  }
}

function bodyOf({ formData = {}, filePath = "" }: Partial<Options>, part: string): Buffer {
  const head = Object.entries(formData).map(
    ([field, value]) =>
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`,
  );
  return Buffer.concat([
    Buffer.from(
      `${head.join("")}--${BOUNDARY}\r\nContent-Disposition: form-data; name="${part}"; filename="tmp.jpg"\r\nContent-Type: application/octet-stream\r\n\r\n`,
    ),
    readFileSync(filePath),
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);
}

/** my gives a promise too, that fails as the callback says. */
function promising(problem: object): Promise<never> {
  return Promise.reject(problem);
}
