import type { UploadForm } from "../../../shared/wire.ts";
import { failure, invalid } from "../failure.ts";
import type { Post } from "../forms/ask.ts";
import type { Answer } from "../oss/transport.ts";
import type { ValetError } from "../valet-error.ts";
import type { Callbacks, MiniAnswer, MiniPlatform, MiniProblem, MiniTask } from "./platform.ts";

/** `request` of the platform. */
export function postBy(platform: MiniPlatform): Post {
  return async ({ url, headers, data, signal }) => {
    const answer = await called(url, "request", signal, (callbacks) =>
      platform.request({
        url,
        method: "POST",
        header: headers,
        headers,
        // Without what is undefined: a platform could make null of it.
        data: JSON.parse(JSON.stringify(data)),
        dataType: "text",
        redirect: "manual",
        ...callbacks,
      }),
    );
    return { ...answer, headers: { get: (name) => answer.headers[name.toLowerCase()] ?? null } };
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
  return ({ Url, Fields }) =>
    called(Url, "uploadFile", signal, (callbacks) => {
      const task = platform.uploadFile({
        url: Url,
        filePath,
        name: "file",
        fileName: "file",
        fileType: kindOf(contentType),
        formData: Fields,
        ...callbacks,
      }) as MiniTask | undefined;
      if (onProgress) task?.onProgressUpdate?.(({ progress }) => onProgress(progress));
      return task;
    });
}

type Called = "request" | "uploadFile";

/** Calls the platform, and ends at the signal. Throws ValetError; the signal's reason. */
async function called(
  url: string,
  what: Called,
  signal: AbortSignal | undefined,
  call: (callbacks: Callbacks) => unknown,
): Promise<Answer> {
  signal?.throwIfAborted();
  let task: MiniTask | undefined;
  let end: () => void = () => undefined;
  try {
    return await new Promise<Answer>((resolve, reject) => {
      end = () => {
        task?.abort?.();
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", end);
      const success = (answer: MiniAnswer) => resolve(answerFrom(answer));
      task = call({
        success,
        fail: (problem) => {
          if (Number(problem.statusCode ?? problem.status) >= 100) success(problem);
          else reject(problemOf(url, what, problem));
        },
      }) as MiniTask | undefined;
      // The callbacks say it all.
      task?.catch?.(() => undefined);
    });
  } finally {
    signal?.removeEventListener("abort", end);
  }
}

function answerFrom({ statusCode, status, data, header, headers }: MiniAnswer): Answer {
  const lower = Object.entries(headers ?? header ?? {}).map(([name, value]) => [
    name.toLowerCase(),
    `${value}`,
  ]);
  return {
    status: Number(statusCode ?? status),
    // Some versions parse JSON although they are told not to.
    text: typeof data === "object" && data !== null ? JSON.stringify(data) : `${data ?? ""}`,
    headers: Object.fromEntries(lower),
  };
}

/** The platforms say it in English or Chinese. */
const NOT_LISTED = /domain list|not in domain|whitelist|合法域名|白名单/i;
const NO_FILE = /file not found|no such file|not exist|文件不存在/i;

/** my: `request` may not reach this domain; `uploadFile` finds no file. Source: its documents, error codes of both. */
const MY_REFUSES = 11;

function problemOf(url: string, what: Called, { errMsg, error, errorMessage }: MiniProblem): ValetError {
  const said = errMsg ?? errorMessage ?? `error ${error}`;
  const [origin] = /^https?:\/\/[^/]+/.exec(url) ?? [url];
  const refuses = Number(error) === MY_REFUSES;
  if (NOT_LISTED.test(said) || (refuses && what === "request")) {
    const message = `${origin}: add it to the console's list of domains for ${what} (${said})`;
    return failure("app", "DomainNotAllowed", message);
  }
  if (NO_FILE.test(said) || refuses) return invalid(`filePath: no such file (${said})`);
  return failure("network", "NetworkError", `POST ${origin}: ${said}`, { retryable: true });
}

/** my knows three kinds, and takes files of other kinds as images. */
function kindOf(contentType: string): "image" | "video" | "audio" {
  const [kind] = contentType.split("/");
  return kind === "video" || kind === "audio" ? kind : "image";
}
