/** The two functions that every platform of mini programs has: `wx`, `my`, `tt`, `uni`. */
export interface MiniPlatform {
  request(options: MiniRequest): unknown;
  uploadFile(options: MiniUploadFile): unknown;
}

export interface MiniRequest extends Callbacks {
  readonly url: string;
  readonly method: "POST";
  /** wx, tt, uni. */
  readonly header: Readonly<Record<string, string>>;
  /** my. */
  readonly headers: Readonly<Record<string, string>>;
  readonly data: string;
  readonly dataType: "text";
}

export interface MiniUploadFile extends Callbacks {
  readonly url: string;
  readonly filePath: string;
  /** wx, tt, uni: the name of the file's part. */
  readonly name: "file";
  /** my: the same. */
  readonly fileName: "file";
  /** my. */
  readonly fileType: "image" | "video" | "audio";
  readonly formData: Readonly<Record<string, string>>;
}

interface Callbacks {
  success(answer: MiniAnswer): void;
  fail(problem: MiniProblem): void;
}

/** wx, tt and uni have `statusCode` and `header`; my has `status` and `headers` for `request`. */
export interface MiniAnswer {
  readonly statusCode?: number | string;
  readonly status?: number | string;
  readonly data?: unknown;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, unknown>>;
}

/** my calls `fail` for answers with an error's status too, and then tells it. */
export interface MiniProblem extends MiniAnswer {
  readonly errMsg?: string;
  readonly errorMessage?: string;
}

/** What `uploadFile` gives back; older versions give nothing. */
export interface MiniUploadTask {
  abort?(): void;
  onProgressUpdate?(listener: (progress: { readonly progress: number }) => void): void;
}

declare const uni: unknown;
declare const my: unknown;
declare const tt: unknown;
declare const wx: unknown;

/** The platform that runs this program. uni-app comes first: there the others may be there, too. */
export function foundPlatform(): MiniPlatform | undefined {
  // They are variables of the program, and not always properties of a global object.
  const found = [
    typeof uni === "undefined" ? undefined : uni,
    typeof my === "undefined" ? undefined : my,
    typeof tt === "undefined" ? undefined : tt,
    typeof wx === "undefined" ? undefined : wx,
  ] as readonly (Partial<MiniPlatform> | undefined)[];
  return found.find((one) => typeof one?.uploadFile === "function") as MiniPlatform | undefined;
}
