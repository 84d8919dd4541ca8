import type { LiveCredentials } from "../live-credentials.ts";
import type { UploadOptions, UploadProgress, UploadResult } from "./options.ts";
import { type UploadState, type UploadTask, upload } from "./task.ts";

/** Options of all files, or of each one. */
export type FileOptions = UploadOptions | ((file: Blob) => UploadOptions);

export interface UseUploadOptions {
  /** Files that are sent at the same time; the others wait. Default 2. */
  readonly atOnce?: number | undefined;
  /** Whether the end of the component aborts what is not done. Default false: uploads go on, though nobody sees them. */
  readonly abortOnUnmount?: boolean | undefined;
}

/** A file, as it is now: each change gives a new object. */
export interface UploadItem {
  readonly id: number;
  readonly file: Blob;
  readonly state: "waiting" | UploadState;
  readonly progress: UploadProgress;
  /** Undefined while the file waits. */
  readonly key: string | undefined;
  readonly error: unknown;
  /** When it is done. */
  readonly result: UploadResult | undefined;
  pause(): void;
  resume(): void;
  abort(): void;
}

/** The logic that the hooks for React and Vue share. */
export interface UploadQueue {
  /** Another array after each change. */
  items(): readonly UploadItem[];
  /** Calls back after each change. Returns the function that ends it. */
  subscribe(listener: () => void): () => void;
  start(files: Iterable<Blob> | ArrayLike<Blob>): void;
  /** Forgets those that are done or aborted. */
  clear(): void;
  abortAll(): void;
}

interface Entry {
  readonly id: number;
  readonly file: Blob;
  state: UploadItem["state"];
  task?: UploadTask;
  result?: UploadResult;
}

/** `latest`: what a file that starts now is sent with. */
export function uploadQueue(
  latest: () => { readonly credentials: LiveCredentials; readonly options: FileOptions },
  { atOnce = 2 }: UseUploadOptions,
): UploadQueue {
  let entries: readonly Entry[] = [];
  let items: readonly UploadItem[] = [];
  let count = 0;
  const listeners = new Set<() => void>();

  const changed = () => {
    for (const entry of entries) if (entry.task) entry.state = entry.task.state;
    let running = entries.filter(({ state }) => state === "running").length;
    for (const entry of entries) if (entry.state === "waiting" && running++ < atOnce) begin(entry);
    items = entries.map(itemOf);
    for (const listener of listeners) listener();
  };
  const begin = (entry: Entry) => {
    const { credentials, options } = latest();
    const { file } = entry;
    const task = upload(credentials, file, typeof options === "function" ? options(file) : options);
    Object.assign(entry, { task, state: "running" });
    task.onChange(changed);
    const keepResult = async () => {
      entry.result = await task.done;
      changed();
    };
    // Failures are in the state.
    void keepResult().catch(() => undefined);
  };
  const itemOf = (entry: Entry): UploadItem => {
    const { id, file, state, task, result } = entry;
    const to = (next: UploadItem["state"], ...from: readonly UploadItem["state"][]) => {
      if (from.includes(entry.state)) entry.state = next;
      changed();
    };
    return {
      id,
      file,
      state,
      result,
      progress: task?.progress ?? { loaded: 0, total: file.size },
      key: task?.key,
      error: task?.error,
      pause: () => (entry.task ? entry.task.pause() : to("paused", "waiting")),
      resume: () => (entry.task ? entry.task.resume() : to("waiting", "paused")),
      // What OSS may say to it is in the bucket's lifecycle rule.
      abort: () =>
        entry.task ? void entry.task.abort().catch(() => undefined) : to("aborted", "waiting", "paused"),
    };
  };
  return {
    items: () => items,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    start: (files) => {
      const added = Array.from(files, (file): Entry => ({ id: ++count, file, state: "waiting" }));
      entries = [...entries, ...added];
      changed();
    },
    clear: () => {
      entries = entries.filter(({ state }) => state !== "done" && state !== "aborted");
      changed();
    },
    abortAll: () => {
      for (const item of items) item.abort();
    },
  };
}
