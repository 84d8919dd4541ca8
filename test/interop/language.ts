import type { Command } from "./commands.ts";
import type { Recipe } from "./recipes/recipe.ts";

/** A language whose SDKs are tried. */
export interface Language {
  readonly name: string;
  /** Fails where the toolchain is missing. */
  readonly toolchain: Command;
  /** The folder of what is downloaded and built: one for each state of the files that pin the packages. */
  readonly home: string;
  /** Get packages. Done once for each home. What cannot be downloaded is skipped. */
  readonly download: readonly Command[];
  /** Compile. */
  readonly build: readonly Command[];
  readonly programs: readonly Command[];
  /** Programs that know the cloud's real names alone. They start with the variables of `npm run sandbox -- --https`. */
  readonly underRealNames: readonly Command[];
  /** The programs of docs/recipes. They are written and built together with the others. */
  readonly recipes: readonly Recipe[];
}
