import { unused } from "./unused.ts";

/** For lodash, of which @darabonba/typescript calls `merge`, in a function of its own that the STS client does not. */
export const replacement = { merge: unused("lodash merge") };
