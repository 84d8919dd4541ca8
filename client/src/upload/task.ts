import type { LiveCredentials } from "../live-credentials.ts";
import type { UploadOptions, UploadProgress, UploadResult } from "./options.ts";
import { type Run, runOf } from "./run.ts";

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
   * is `done`. Throws a ValetError when OSS cannot be asked to remove the parts; a lifecycle rule of the bucket can do it.
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
  const listeners = new Set<() => void>();
  const run: Run = runOf(credentials, file, options, (progress) => {
    changed();
    options.onProgress?.(progress);
  });
  let state: UploadState = "running";
  let error: unknown;
  let stopping = new AbortController();
  let settled: Promise<void>;
  let done: Deferred;
  let aborting: Promise<void> | undefined;
  // Later: an error in a listener is the page's, and must not end the upload.
  const changed = () => {
    for (const listener of listeners) queueMicrotask(listener);
  };
  const become = (next: UploadState, why?: unknown) => {
    state = next;
    error = why;
    if (next === "done" || next === "aborted") options.signal?.removeEventListener("abort", onSignal);
    changed();
  };
  const start = (after?: Promise<void>) => {
    const { signal } = stopping;
    settled = (async () => {
      await after;
      try {
        const result = await run.attempt(signal);
        done.resolve(result);
        become("done");
      } catch (why) {
        // Paused or aborted: whoever did it says what happens.
        if (signal.aborted) return;
        done.reject(why);
        become("failed", why);
      }
    })();
  };
  const task: UploadTask = {
    get state() {
      return state;
    },
    get progress() {
      return run.progress();
    },
    get key() {
      return run.key();
    },
    get error() {
      return error;
    },
    get done() {
      return done.promise;
    },
    onChange: (listener) => {
      // Of its own: the same function may come twice.
      const own = () => listener();
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    pause: () => {
      if (state !== "running") return;
      stopping.abort();
      become("paused");
    },
    resume: () => {
      if ((state !== "paused" && state !== "failed") || aborting !== undefined) return;
      if (state === "failed") done = deferred();
      stopping = new AbortController();
      become("running");
      start(settled);
    },
    abort: (reason = new DOMException("The upload was aborted.", "AbortError")) => {
      aborting ??= abort(reason);
      return aborting;
    },
  };
  const abort = async (reason: unknown) => {
    stopping.abort();
    await settled;
    if (state === "done") return;
    if (state === "failed") done = deferred();
    done.reject(reason);
    become("aborted", reason);
    await run.cleanUp();
  };
  const onSignal = () => void task.abort(options.signal?.reason).catch(() => undefined);
  done = deferred();
  start();
  options.signal?.addEventListener("abort", onSignal);
  if (options.signal?.aborted === true) onSignal();
  return task;
}

interface Deferred {
  readonly promise: Promise<UploadResult>;
  readonly resolve: (result: UploadResult) => void;
  readonly reject: (why: unknown) => void;
}

function deferred(): Deferred {
  let resolve: Deferred["resolve"] = () => undefined;
  let reject: Deferred["reject"] = () => undefined;
  const promise = new Promise<UploadResult>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
