import { refuseBadCount } from "../failure.ts";
import type { LiveCredentials } from "../live-credentials.ts";
import type { UploadOptions, UploadProgress, UploadResult } from "./options.ts";
import { type UploadState, type UploadTask, upload } from "./task.ts";

/** A File, or a Blob, which has no name. */
export type NamedBlob = Blob & { readonly name?: string };

/** Options of all files, or of each one. */
export type FileOptions = UploadOptions | ((file: NamedBlob) => UploadOptions);

export interface UseUploadOptions {
  /** Files that are sent at the same time; the others wait. Default 2. */
  readonly atOnce?: number | undefined;
  /** Whether the end of the component aborts what is not done. Default false: uploads go on, though nobody sees them. */
  readonly abortOnUnmount?: boolean | undefined;
}

/** A file, as it is now: each change gives a new object. */
export interface UploadItem {
  readonly id: number;
  readonly file: NamedBlob;
  /** `waiting`: for its turn, which it does after `resume()` too. */
  readonly state: "waiting" | UploadState;
  readonly progress: UploadProgress;
  /** Undefined while the file waits. */
  readonly key: string | undefined;
  /** Why it failed or was aborted; the options function may have thrown it. */
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
  /** `files` of an input: null when it is no input for files. */
  start(files: Iterable<NamedBlob> | ArrayLike<NamedBlob> | null): void;
  /** Forgets those that are done or aborted. */
  clear(): void;
  abortAll(): void;
}

interface Entry {
  readonly id: number;
  readonly file: NamedBlob;
  state: UploadItem["state"];
  error?: unknown;
  task?: UploadTask;
  result?: UploadResult;
}

/** `latest`: what a file that starts now is sent with. Throws InvalidArgument. */
export function uploadQueue(
  latest: () => { readonly credentials: LiveCredentials; readonly options: FileOptions },
  { atOnce = 2 }: UseUploadOptions,
): UploadQueue {
  refuseBadCount("atOnce", atOnce);
  let entries: readonly Entry[] = [];
  let items: readonly UploadItem[] = [];
  let count = 0;
  const listeners = new Set<() => void>();

  const changed = () => {
    for (const entry of entries) follow(entry);
    let free = atOnce - entries.filter(isRunning).length;
    for (const entry of entries) {
      if (free > 0 && entry.state === "waiting") {
        begin(entry);
        if (isRunning(entry)) free -= 1;
      }
    }
    items = entries.map(itemOf);
    for (const listener of listeners) listener();
  };
  const begin = (entry: Entry) => {
    const { file, task } = entry;
    try {
      if (task) task.resume();
      else {
        const { credentials, options } = latest();
        entry.task = upload(credentials, file, typeof options === "function" ? options(file) : options);
        entry.task.onChange(changed);
      }
      entry.state = "running";
      follow(entry);
      // Failures are in the state. A task that failed has another `done` now.
      entry.task?.done.then(
        (result) => {
          Object.assign(entry, { state: "done", result });
          changed();
        },
        () => undefined,
      );
    } catch (error) {
      Object.assign(entry, { state: "failed", error });
    }
  };
  const itemOf = (entry: Entry): UploadItem => {
    const { id, file, state, error, task, result } = entry;
    const to = (next: UploadItem["state"], ...from: readonly UploadItem["state"][]) => {
      if (from.includes(entry.state)) Object.assign(entry, { state: next, error: undefined });
      changed();
    };
    return {
      id,
      file,
      state,
      error,
      result,
      progress: task?.progress ?? { loaded: 0, total: file.size },
      key: task?.key,
      pause: () => {
        entry.task?.pause();
        to("paused", "waiting");
      },
      resume: () => to("waiting", "paused", "failed"),
      // What OSS may say to it is in the bucket's lifecycle rule.
      abort: () =>
        entry.task
          ? void entry.task.abort().catch(() => undefined)
          : to("aborted", "waiting", "paused", "failed"),
    };
  };
  return {
    items: () => items,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    start: (files) => {
      const added = Array.from(files ?? [], (file): Entry => ({ id: ++count, file, state: "waiting" }));
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

/** Takes the task's state, but not where the file waits for its turn; `done` comes with the result. */
function follow(entry: Entry): void {
  const { state, error } = entry.task ?? entry;
  if ((isRunning(entry) && state !== "done") || state === "aborted") Object.assign(entry, { state, error });
}

function isRunning({ state }: Entry): boolean {
  return state === "running";
}
