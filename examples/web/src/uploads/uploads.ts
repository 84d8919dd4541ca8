import { type UploadTask, upload } from "oss-valet-client/upload";
import { type Cell, cell } from "../page/cell.ts";
import type { Session } from "../session.ts";
import { isSame, type Unfinished, unfinished } from "./unfinished.ts";

/** One file on its way. */
export interface Upload {
  readonly key: string;
  readonly size: number;
  readonly task: UploadTask;
  readonly startedMs: number;
}

/** The user's uploads. They go on while the user looks at other folders, or changes the language. */
export interface Uploads {
  readonly list: Cell<readonly Upload[]>;
  /** What a reload has cut off. */
  readonly cutOff: Cell<readonly Unfinished[]>;
  add(file: File, key: string): void;
  /** Goes on with an upload that was cut off. Whether it is the same file; with another one nothing happens. */
  goOn(one: Unfinished, file: File): boolean;
  /** Stops it and removes what has arrived. */
  cancel(one: Upload): Promise<void>;
  /** Takes a finished, failed or cut off upload from the list. */
  dismiss(one: Upload | Unfinished): void;
}

/** Milliseconds between two notes of how far an upload is. */
const NOTE_MS = 500;

/** `arrived` runs when a file has arrived. */
export function uploadsOf({ user, credentials, over }: Session, arrived: () => Promise<void>): Uploads {
  const list = cell<readonly Upload[]>([]);
  const cutOff = cell(unfinished.of(user));

  const add = (file: File, key: string): void => {
    const { size, lastModified } = file;
    unfinished.drop({ user, key });
    cutOff.set(cutOff.value.filter((one) => one.key !== key));
    let notedMs = 0;
    const task = upload(credentials, file, { key });
    const startedMs = Date.now();
    const one: Upload = { key, size, task, startedMs };
    const note = (): void => {
      if (task.state === "running" || task.state === "paused") {
        // A pause is noted at once: what comes next may be a reload.
        if (task.state === "running" && Date.now() - notedMs < NOTE_MS) return;
        notedMs = Date.now();
        unfinished.keep({ user, key, size, lastModified, loaded: task.progress.loaded });
      } else unfinished.drop({ user, key });
    };
    task.onChange(note);
    // Not aborted: whoever signs in again can go on.
    over.addEventListener("abort", task.pause);
    task.done.then(arrived, () => undefined);
    list.set([one, ...list.value.filter((other) => other.key !== key)]);
  };

  const dismiss = (one: Upload | Unfinished): void => {
    if (!("task" in one)) unfinished.drop({ user, key: one.key });
    list.set(list.value.filter((other) => other !== one));
    cutOff.set(cutOff.value.filter((other) => other !== one));
  };

  return {
    list,
    cutOff,
    add,
    goOn: (one, file) => {
      if (!isSame(one, file)) return false;
      add(file, one.key);
      return true;
    },
    cancel: async (one) => {
      await one.task.abort();
      dismiss(one);
    },
    dismiss,
  };
}
