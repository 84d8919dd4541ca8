import { unused } from "./unused.ts";

/**
 * For @darabonba/typescript's date.js (moment), file.js, form.js and url.js: helpers for APIs with dates, files
 * and form bodies. AssumeRole sends its parameters in the query, and has none of these.
 */
export const replacement = {
  __esModule: true,
  default: unused("@darabonba/typescript Date, File, Form and URL"),
  FileFormStream: unused("@darabonba/typescript FileFormStream"),
};
