import { randomBytes } from "node:crypto";
import { request } from "node:http";
import type { UploadForm } from "../../shared/wire.ts";

/** What OSS answered to a form. */
export interface FormAnswer {
  readonly status: number;
  /** OSS's error code; undefined when the file was stored. */
  readonly code: string | undefined;
  readonly message: string | undefined;
}

/**
 * Posts a form as RFC 7578 has it, written here byte by byte: each field in its order, the file last. Nothing of a browser
 * or of Node's FormData changes what is sent.
 */
export function postForm(
  { Url: url, Fields: fields }: Pick<UploadForm, "Url" | "Fields">,
  file: { readonly content: string | Uint8Array; readonly name?: string; readonly contentType?: string },
): Promise<FormAnswer> {
  const boundary = `----${randomBytes(12).toString("hex")}`;
  const part = (head: string, content: string | Uint8Array): readonly Buffer[] => [
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from("\r\n"),
  ];
  const type = file.contentType === undefined ? "" : `\r\nContent-Type: ${file.contentType}`;
  const body = Buffer.concat([
    ...Object.entries(fields).flatMap(([name, value]) => part(`name="${name}"`, value)),
    ...part(`name="file"; filename="${file.name ?? "a.bin"}"${type}`, file.content),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: "POST",
        headers: {
          "content-type": `multipart/form-data; boundary=${boundary}`,
          "content-length": body.length,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const xml = Buffer.concat(chunks).toString("utf8");
          const textOf = (element: string) =>
            new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1]?.replaceAll("&quot;", '"');
          resolve({
            status: response.statusCode ?? 0,
            code: textOf("Code"),
            message: textOf("Message"),
          });
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}
