import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { ErrorCode } from "../../shared/wire.ts";
import type { Target } from "./target.ts";

/** One trouble, the load that it meets, and what Apps may see of it. */
export interface Cell {
  readonly topic: string;
  /** What goes wrong, in a few words. */
  readonly trouble: string;
  /** How much of it goes wrong, such as `50 %`. */
  readonly share: string;
  /** What an App may see besides success. */
  readonly may: readonly ErrorCode[];
  readonly load: Load;
  /** Where the functions run. Default: server.js. */
  readonly in?: "Function Compute";
  /** Whether it has served users before: it has the issuer's keys, and connections. Default: true. */
  readonly warm?: boolean;
  /** Whether /uploads, /downloads and /healthz must not notice. Default: true. */
  readonly sparesOthers?: boolean;
  /** More calls of STS for one request than this are too many. Default: {@link MOST_STS_CALLS}. */
  readonly mostStsCalls?: number;
  /** What must run before the process starts. */
  readonly beside?: () => Promise<Beside>;
  /** Begins the trouble. It gives what ends it. */
  readonly begin: (arena: Arena) => Promise<End> | End;
  /** Runs in the middle of the load, until `isOver`: moves the clock, say. */
  readonly meanwhile?: (arena: Arena, isOver: () => boolean) => Promise<void>;
}

/** Something that the process is connected to, besides the sandbox. */
export interface Beside {
  /** Settings of the process, and the secrets in them. */
  readonly settings: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  /** Begins the trouble with it, before that of the cell. */
  begin(): Promise<End> | End;
  stop(): Promise<void>;
}

export type End = () => Promise<void> | void;

/** Where a cell happens. */
export interface Arena {
  readonly sandbox: Sandbox;
  readonly target: Target;
  /** For the faults of this cell. */
  readonly seed: number;
}

export interface Load {
  readonly requests: number;
  /** Callers at once; each asks again as soon as it has its answer. */
  readonly atOnce: number;
  /** Default: a new user for each request, so that no cache helps. */
  readonly users?: number;
  /** Default: /credentials. */
  readonly path?: "/credentials" | "/uploads" | "/downloads";
}

/** One line of the table. */
export interface Row {
  readonly topic: string;
  readonly trouble: string;
  readonly share: string;
  readonly requests: number;
  /** How many got what they asked for, and how many within {@link GOOD_MS}. */
  readonly served: number;
  readonly servedSoon: number;
  /** Milliseconds until the answer, whatever it was. */
  readonly medianMs: number;
  readonly worstMs: number;
  /** How many answers had each code. */
  readonly codes: Readonly<Record<string, number>>;
  /** Calls of STS for each request; undefined where none is made. */
  readonly stsCalls?: number;
  /** Milliseconds from the end of the trouble until each of a few new requests was served, pauses that were asked for included. */
  readonly recoveredMs: number;
  /** The laws that were broken, with an example each. */
  readonly broken: readonly string[];
}

/** Milliseconds. The aim of the project: 99 % of the requests within it while half of the calls of STS fail. */
export const GOOD_MS = 3_000;

/** Each call of STS counts against the account's quota: an outage must not multiply them. */
export const MOST_STS_CALLS = 4;
