import type { UploadForm } from "../../../shared/wire.ts";
import { failure } from "../failure.ts";
import type { Post } from "../forms/ask.ts";
import type { Answer } from "../oss/transport.ts";
import type { ValetError } from "../valet-error.ts";
import type { MiniAnswer, MiniPlatform, MiniProblem, MiniUploadTask } from "./platform.ts";

/** `request` of the platform. */
export function postBy(platform: MiniPlatform): Post {
  return ({ url, headers, body, signal }) => {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const take = (answer: MiniAnswer) => {
        const { status, text, headers } = answerFrom(answer);
        resolve({ status, text, headers: { get: (name) => headers[name.toLowerCase()] ?? null } });
      };
      platform.request({
        url,
        method: "POST",
        header: headers,
        headers,
        data: body,
        dataType: "text",
        success: take,
        fail: failing(url, "request", take, reject),
      });
    });
  };
}

export interface MiniFile {
  readonly filePath: string;
  readonly contentType: string;
}

/** `uploadFile` of the platform. `formData` keeps the order of the fields, and the file comes after them. */
export function uploadBy(
  platform: MiniPlatform,
  { filePath, contentType }: MiniFile,
  signal: AbortSignal,
  onProgress: ((percent: number) => void) | undefined,
): (form: UploadForm) => Promise<Answer> {
  return ({ Url, Fields }) => {
    signal.throwIfAborted();
    return new Promise<Answer>((resolve, reject) => {
      const end = () => {
        task?.abort?.();
        reject(signal.reason);
      };
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          signal.removeEventListener("abort", end);
          settle(value);
        };
      const take = settled((answer: MiniAnswer) => resolve(answerFrom(answer)));
      const task = platform.uploadFile({
        url: Url,
        filePath,
        name: "file",
        fileName: "file",
        fileType: kindOf(contentType),
        formData: Fields,
        success: take,
        fail: failing(Url, "uploadFile", take, settled(reject)),
      }) as MiniUploadTask | undefined;
      signal.addEventListener("abort", end);
      if (onProgress) task?.onProgressUpdate?.(({ progress }) => onProgress(progress));
    });
  };
}

function answerFrom({ statusCode, status, data, header, headers }: MiniAnswer): Answer {
  const lower = Object.entries(headers ?? header ?? {}).map(([name, value]) => [
    name.toLowerCase(),
    `${value}`,
  ]);
  return {
    status: Number(statusCode ?? status),
    // Some versions parse JSON although they are told not to.
    text: typeof data === "string" ? data : data === undefined ? "" : JSON.stringify(data),
    headers: Object.fromEntries(lower),
  };
}

function failing(
  url: string,
  what: "request" | "uploadFile",
  take: (answer: MiniAnswer) => void,
  reject: (error: ValetError) => void,
): (problem: MiniProblem) => void {
  return (problem) => {
    const status = Number(problem.statusCode ?? problem.status);
    if (status >= 100) take(problem);
    else reject(problemOf(url, what, problem));
  };
}

/** The platforms say it in English or Chinese. */
const NOT_LISTED = /domain list|not in domain|whitelist|合法域名|白名单/i;

function problemOf(
  url: string,
  what: "request" | "uploadFile",
  { errMsg, errorMessage }: MiniProblem,
): ValetError {
  const said = errMsg ?? errorMessage ?? "no answer";
  const [origin] = /^https?:\/\/[^/]+/.exec(url) ?? [url];
  return NOT_LISTED.test(said)
    ? failure(
        "app",
        "DomainNotAllowed",
        `${origin}: add it to the console's list of domains for ${what} (${said})`,
      )
    : failure("network", "NetworkError", `POST ${origin}: ${said}`, { retryable: true });
}

/** my knows three kinds, and takes files of other kinds as images. */
function kindOf(contentType: string): "image" | "video" | "audio" {
  const [kind] = contentType.split("/");
  return kind === "video" || kind === "audio" ? kind : "image";
}
