/** Where a command reads and writes; tests put their own in. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** Asks a yes-or-no question; undefined where nobody can answer. */
  readonly ask: ((question: string) => Promise<boolean>) | undefined;
  /** Whether `out` is a terminal that shows colours. Nothing is said by colour alone. */
  readonly colour: boolean;
  readonly nowMs: () => number;
}

/** Called wrongly: the message says what to write instead. The command ends with exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}
