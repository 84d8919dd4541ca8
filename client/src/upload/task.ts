import type { LiveCredentials } from "../live-credentials.ts";
import type { UploadOptions, UploadProgress, UploadResult } from "./options.ts";
import { runOf } from "./run.ts";

/** `failed` can go on with `resume()`; `done` and `aborted` are final. */
export type UploadState = "running" | "paused" | "done" | "failed" | "aborted";

export interface UploadTask {
  readonly state: UploadState;
  readonly progress: UploadProgress;
  /** Undefined until the credentials are there, unless it was given. */
  readonly key: string | undefined;
  /** Why it failed or was aborted. */
  readonly error: unknown;
  /** Called after each change of state or progress. Returns the function that ends it. */
  onChange(listener: () => void): () => void;
  /** Stops at once. Parts that have arrived are kept; a file in one piece begins again. */
  pause(): void;
  /** Goes on after `pause()`, and after a failure: then with a new `done`. */
  resume(): void;
  /**
   * Stops and removes what has arrived of the file, here and in OSS. Comes too late for a file that is complete: then `state`
   * is `done`. When OSS' answer to the end of the upload is lost for good, `state` is `aborted`, and the object may be there.
   * Throws a ValetError when OSS cannot be asked to remove the parts; a lifecycle rule of the bucket can do it.
   */
  abort(reason?: unknown): Promise<void>;
  /**
   * Throws a ValetError when the upload fails; the reason when it is aborted. Whoever looks at `state` and `error` alone
   * need not catch it.
   */
  readonly done: Promise<UploadResult>;
}

/** Starts at once. */
export function upload(credentials: LiveCredentials, file: Blob, options: UploadOptions = {}): UploadTask {
  const { signal, onProgress } = options;
  const listeners = new Set<() => void>();
  let stopping: AbortController;
  let settled: Promise<void> | undefined;
  let aborting: Promise<void> | undefined;
  let resolve: (result: UploadResult) => void;
  let reject: (why: unknown) => void;
  const newDone = () => {
    const done = new Promise<UploadResult>((resolved, rejected) => {
      resolve = resolved;
      reject = rejected;
    });
    done.catch(() => undefined);
    return done;
  };
  const change = (facts: Partial<UploadTask>) => {
    Object.assign(task, facts);
    // Later: an error in a listener is the page's, and must not end the upload.
    for (const listener of listeners) queueMicrotask(listener);
  };
  const run = runOf(credentials, file, options, change);
  const start = () => {
    stopping = new AbortController();
    const { signal: stopped } = stopping;
    const before = settled;
    settled = (async () => {
      await before;
      try {
        const result = await run.attempt(stopped);
        change({ state: "done" });
        forgetSignal();
        resolve(result);
      } catch (error) {
        // Paused or aborted: whoever did it says what happens.
        if (stopped.aborted) return;
        change({ state: "failed", error });
        reject(error);
      }
    })();
  };
  const abort = async (error: unknown) => {
    forgetSignal();
    stopping.abort();
    await settled;
    if (task.state === "done") return;
    if (task.state === "failed") change({ done: newDone() });
    change({ state: "aborted", error });
    reject(error);
    await run.cleanUp();
  };
  const task: UploadTask = {
    state: "running",
    progress: { loaded: 0, total: file?.size },
    key: options.key,
    error: undefined,
    done: newDone(),
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    pause: () => {
      if (task.state !== "running" || aborting) return;
      stopping.abort();
      change({ state: "paused" });
    },
    resume: () => {
      if (!/^(paused|failed)$/.test(task.state) || aborting) return;
      if (task.state === "failed") change({ done: newDone() });
      change({ state: "running", error: undefined });
      start();
    },
    abort: (reason = new DOMException("upload aborted", "AbortError")) => (aborting ??= abort(reason)),
  };
  const onSignal = () => void task.abort(signal?.reason).catch(() => undefined);
  // Not after a failure: the upload may go on.
  const forgetSignal = () => signal?.removeEventListener("abort", onSignal);
  if (onProgress) task.onChange(() => onProgress(task.progress));
  start();
  signal?.addEventListener("abort", onSignal);
  if (signal?.aborted) onSignal();
  return task;
}
