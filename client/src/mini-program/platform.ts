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
  /** Every platform makes JSON of it. tt takes no text. */
  // biome-ignore lint/suspicious/noExplicitAny: the types of my promise texts alone, its documents any JSON
  readonly data: Readonly<Record<string, any>>;
  readonly dataType: "text";
  /** wx from 3.2.2 on: the App token must not go where a redirect leads. */
  readonly redirect: "manual";
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

export interface Callbacks {
  success(answer: MiniAnswer): void;
  fail(problem: MiniProblem): void;
}

/** wx, tt and uni have `statusCode` and `header`; my has `status` and `headers` for `request`. */
export interface MiniAnswer {
  readonly statusCode?: number | string;
  readonly status?: number | string;
  readonly data?: unknown;
  readonly header?: object;
  readonly headers?: object;
}

/** my calls `fail` for answers with an error's status too, and then tells it. */
export interface MiniProblem extends MiniAnswer {
  /** my. */
  readonly error?: number | string;
  readonly errMsg?: string;
  readonly errorMessage?: string;
}

/** What `request` and `uploadFile` give back; older versions give nothing. */
export interface MiniTask {
  abort?(): void;
  /** my: the task is a promise, too. */
  catch?(ignore: () => void): unknown;
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
