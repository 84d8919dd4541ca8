/** One way to serve an App's users. */
export interface Design {
  readonly name: string;
  /** Where the function keeps credentials. "forms": it gives none, and signs a form for each file. */
  readonly function: "no cache" | "instance cache" | "shared cache" | "forms";
  /** "asks": a page that asks before each use. "keeps": an App with one createCredentials for the whole time. */
  readonly device: "asks" | "keeps";
  /** Requests that an instance takes at once: 1 in a built-in runtime, up to 200 in a custom one. Source: FC 3.0. */
  readonly requestsPerInstance: number;
  /** Of an instance. It decides how many credentials an instance keeps: functions/http/cache-settings.ts. */
  readonly memoryMB: number;
}

const BUILT_IN = { requestsPerInstance: 1, memoryMB: 512 } as const;

export const NO_CACHE: Design = { name: "no cache", function: "no cache", device: "asks", ...BUILT_IN };

export const BUILT_IN_RUNTIME: Design = {
  name: "instance caches, built-in runtime",
  function: "instance cache",
  device: "asks",
  ...BUILT_IN,
};

export const CUSTOM_RUNTIME: Design = {
  name: "instance caches, custom runtime",
  function: "instance cache",
  device: "asks",
  requestsPerInstance: 100,
  memoryMB: 4096,
};

export const SHARED_CACHE: Design = {
  name: "shared cache",
  function: "shared cache",
  device: "asks",
  ...BUILT_IN,
};

export const CLIENT: Design = {
  name: "client keeps them, no cache",
  function: "no cache",
  device: "keeps",
  ...BUILT_IN,
};

export const FORMS: Design = { name: "forms", function: "forms", device: "asks", ...BUILT_IN };

/** Those that call STS. */
export const WITH_STS: readonly Design[] = [NO_CACHE, BUILT_IN_RUNTIME, CUSTOM_RUNTIME, SHARED_CACHE, CLIENT];

/** Seconds that an instance needs for a request. Assumption: 20 ms of them for STS. */
const REQUEST_SECONDS = 0.025;

/** Instances are there for twice the asks that are expected, so that nobody waits for one to start. Assumption. */
const HEADROOM = 2;

/** Little's law: as many requests are under way as come in while one takes. */
export function instancesFor(design: Design, asksPerSecond: number): number {
  return Math.max(1, Math.ceil((HEADROOM * asksPerSecond * REQUEST_SECONDS) / design.requestsPerInstance));
}
