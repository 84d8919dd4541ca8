/**
 * A security bug that somebody could write. `npm run check` plants each one and wants a red test for it: a bug that
 * no test notices is a check without a proof. docs/testing.md says how to add one.
 */
export interface Bug {
  /** Unique. Says what the bug does, not how it is written. */
  readonly name: string;
  /** The row of docs/threat-model.md that the bug would open. */
  readonly threat?: `${"J" | "K" | "P" | "S" | "H" | "C" | "F"}${number}`;
  /**
   * The top-level function, constant or class that holds the bug. Several files may declare the same name: then the
   * end of the path comes first, as in `cli/doctor/command.ts#reportOf`.
   */
  readonly in: string;
  /** Code that occurs exactly once in the symbol. White space does not count. */
  readonly find: string;
  /** What stands there instead. */
  readonly replace: string;
  /** Test files of which at least one turns red, as in docs/threat-model.md: below test/, without `.test.ts`. */
  readonly killedBy: readonly string[];
}
