import { basename } from "node:path";
import type { BuildReport } from "../../../scripts/build.ts";
import { atMost, type Row } from "../table.ts";

/** Bytes repeat exactly; CI's tests hold them too. */
export function sizeRows(reports: readonly BuildReport[]): readonly Row[] {
  return reports.flatMap(({ outDir, files }) =>
    files.flatMap(({ name, bytes, gzipBytes }) => [
      {
        metric: `${basename(outDir)}/${name}, minified`,
        measured: `${(bytes / 1000).toFixed(1)} kB`,
        target: atMost(170, bytes / 1000, " kB"),
      },
      {
        metric: `${basename(outDir)}/${name}, gzip`,
        measured: `${(gzipBytes / 1000).toFixed(1)} kB`,
        // server.js of credentials has the routes of all functions.
        target: atMost(name === "server.js" ? 50 : 45, gzipBytes / 1000, " kB"),
      },
    ]),
  );
}
