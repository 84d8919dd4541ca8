import { type Cell, cell } from "../page/cell.ts";
import type { Session } from "../session.ts";
import { type Listing, listFolder } from "./store.ts";

/** What is known of the folder that is open. */
export type FolderState =
  | { readonly kind: "loading"; readonly prefix: string }
  | { readonly kind: "listed"; readonly prefix: string; readonly listing: Listing }
  | { readonly kind: "failed"; readonly prefix: string; readonly error: unknown };

/** The folder that is open. Its name is in the address, so that the browser's back button works. */
export interface Folder {
  readonly state: Cell<FolderState>;
  open(prefix: string): void;
  reload(): Promise<void>;
}

export function folderOf(session: Session): Folder {
  const state = cell<FolderState>({ kind: "loading", prefix: prefixInAddress() ?? session.home });

  const load = async (prefix: string): Promise<void> => {
    if (state.value.prefix !== prefix) state.set({ kind: "loading", prefix });
    let next: FolderState;
    try {
      next = { kind: "listed", prefix, listing: await listFolder(session.credentials, prefix) };
    } catch (error) {
      next = { kind: "failed", prefix, error };
    }
    // The user may have gone on to another folder.
    if (state.value.prefix === prefix) state.set(next);
  };
  /** Five files that arrive together need two lists: the one under way, and one more. */
  let underWay: Promise<void> | undefined;
  let again: Promise<void> | undefined;
  const reload = (): Promise<void> => {
    if (underWay !== undefined) {
      again ??= underWay.then(() => {
        again = undefined;
        return reload();
      });
      return again;
    }
    underWay = load(state.value.prefix).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
  const follow = (): void => void load(prefixInAddress() ?? session.home);
  addEventListener("hashchange", follow, { signal: session.over });
  follow();
  return {
    state,
    open: (prefix) => {
      location.hash = addressOf(prefix, session);
    },
    reload,
  };
}

export function addressOf(prefix: string, { home }: Pick<Session, "home">): string {
  return prefix === home ? "#" : `#/${prefix.split("/").map(encodeURIComponent).join("/")}`;
}

function prefixInAddress(): string | undefined {
  if (!location.hash.startsWith("#/")) return undefined;
  try {
    return location.hash.slice(2).split("/").map(decodeURIComponent).join("/");
  } catch {
    return undefined;
  }
}
