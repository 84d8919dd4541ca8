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
  /** Makes the next uploads end before an answer, as a lost connection does. */
  readonly loseNext: (count: number) => void;
}

interface Options {
  readonly url: string;
  readonly method?: string;
  readonly header?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly data?: string;
  readonly filePath?: string;
  readonly name?: string;
  readonly fileName?: string;
  readonly fileType?: string;
  readonly formData?: Readonly<Record<string, string>>;
  success(answer: object): void;
  fail(problem: object): void;
}

/**
 * A double of one platform: `request` and `uploadFile` as its documents describe them, over real HTTP. `uploadFile` sends
 * the fields of `formData` in their order, and then the file.
 */
export function miniPlatform(name: MiniName): MiniDouble {
  const sentParts: string[][] = [];
  const sentBodies: string[] = [];
  let lost = 0;
  const platform = {
    request: (options: Options) =>
      void send(options, name === "my" ? options.headers : options.header, Buffer.from(options.data ?? "")),
    uploadFile: (options: Options) => {
      const part = name === "my" ? options.fileName : options.name;
      if (name === "my" && !["image", "video", "audio"].includes(options.fileType ?? "")) {
        options.fail({ error: 2, errorMessage: "fileType" });
        return undefined;
      }
      const boundary = "----double7MA4YWxk";
      const fields = Object.entries(options.formData ?? {});
      sentParts.push([...fields.map(([field]) => field), String(part)]);
      const head = fields.map(
        ([field, value]) =>
          `--${boundary}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`,
      );
      const body = Buffer.concat([
        Buffer.from(
          `${head.join("")}--${boundary}\r\nContent-Disposition: form-data; name="${part}"; filename="tmp.jpg"\r\nContent-Type: application/octet-stream\r\n\r\n`,
        ),
        readFileSync(options.filePath ?? ""),
        Buffer.from(`\r\n--${boundary}--\r\n`),
      ]);
      sentBodies.push(body.toString("utf8"));
      const type = { "Content-Type": `multipart/form-data; boundary=${boundary}` };
      if (lost > 0) {
        lost -= 1;
        setImmediate(() => options.fail(problem("uploadFile:fail net::ERR_CONNECTION_RESET")));
        return {};
      }
      const listeners: ((progress: object) => void)[] = [];
      const sent = send(options, type, body, () => {
        for (const listener of listeners) listener({ progress: 100, totalBytesSent: body.length });
      });
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
    loseNext: (count) => {
      lost = count;
    },
  };

  function problem(message: string): object {
    return name === "my" ? { error: 12, errorMessage: message } : { errMsg: message };
  }

  function send(
    options: Options,
    headers: Readonly<Record<string, string>> = {},
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
    sent.on("error", (error) => options.fail(problem(`request:fail ${error.message}`)));
    sent.end(body, onSent);
    return sent;
  }
}
