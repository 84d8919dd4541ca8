import { type Cell, cell, every } from "../page/cell.ts";
import type { Session } from "../session.ts";

/** The local cloud's clock and network. */
export interface CloudState {
  /** Milliseconds since 1970. */
  readonly cloudMs: number;
  /** Milliseconds that each upload waits. */
  readonly slowMs: number;
}

/** What the local cloud knows of the exchange that gave the present credentials. A real function tells nobody. */
export interface Facts extends CloudState {
  readonly audit?: {
    readonly requestId: string;
    readonly durationMs: number;
    readonly issuer?: string;
    readonly rules?: readonly string[];
  };
  readonly rules: readonly Readonly<Record<string, unknown>>[];
  readonly role: string;
  readonly sessionPolicy?: string;
  readonly issuedMs: number;
  readonly expiresMs: number;
  readonly calls: readonly Call[];
}

/** One answer of a service to this user. */
export interface Call {
  readonly timeMs: number;
  readonly service: "sts" | "oss" | "ram" | "fc" | "issuer" | "proxy";
  readonly operation: string;
  readonly resource?: string;
  readonly status: number;
  readonly code?: string;
  readonly because?: string;
  readonly requestId: string;
}

/** The window on the local cloud: `npm start` opens it for this page alone. */
export interface Cloud {
  readonly facts: Cell<Facts | undefined>;
  /** The cloud's time now, in milliseconds. */
  now(): number;
  refresh(): Promise<void>;
  advance(ms: number): Promise<void>;
  slowDown(ms: number): Promise<void>;
}

/** Milliseconds between two looks. */
const LOOK_MS = 1000;

export function cloudOf(session: Session): Cloud {
  const facts = cell<Facts | undefined>(undefined);
  let aheadMs = 0;

  const take = <State extends CloudState>(state: State): State => {
    aheadMs = state.cloudMs - Date.now();
    return state;
  };
  const refresh = async (): Promise<void> => {
    const accessKeyId = session.lives.value.at(-1)?.accessKeyId ?? "";
    const response = await fetch(`local-cloud/exchange?${new URLSearchParams({ accessKeyId })}`).catch(
      () => undefined,
    );
    if (response?.ok === true) facts.set(take((await response.json()) as Facts));
  };
  const change = async (what: string, body: object): Promise<void> => {
    const response = await fetch(`local-cloud/${what}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    take((await response.json()) as CloudState);
    await refresh();
  };

  session.lives.follow(() => void refresh(), session.over);
  every(LOOK_MS, () => document.hidden || void refresh(), session.over);
  return {
    facts,
    now: () => Date.now() + aheadMs,
    refresh,
    advance: (advanceMs) => change("clock", { advanceMs }),
    slowDown: (slowMs) => change("network", { slowMs }),
  };
}
