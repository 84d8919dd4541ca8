import { basename } from "node:path";
import type { BuildReport } from "../../../cli/build/build.ts";
import { atMost, type Row, type Target } from "../table.ts";

type File = BuildReport["files"][number];

/** Bytes repeat exactly; CI's tests hold them too. An entry point counts with the file that its first call of STS loads. */
export function sizeRows(reports: readonly BuildReport[]): readonly Row[] {
  return reports.flatMap(({ outDir, files }) => {
    const folder = basename(outDir);
    const sts = files.filter(({ name }) => name === "sts.js");
    const entryPoints = files.filter(({ name }) => name === "index.js" || name === "server.js");
    const others = files.filter((file) => !entryPoints.includes(file) && !sts.includes(file));
    return [
      ...entryPoints.flatMap((file) => {
        // server.js of credentials has the routes of all functions, and a stop that loses no request.
        const gzipLimit = file.name === "server.js" ? 52 : 45;
        return rowsOf(folder, [file, ...sts], { minified: 170, gzip: gzipLimit });
      }),
      ...others.flatMap((file) => rowsOf(folder, [file])),
    ];
  });
}

/** Limits in kB. */
function rowsOf(
  folder: string,
  files: readonly File[],
  limits?: { readonly minified: number; readonly gzip: number },
): readonly Row[] {
  const name = `${folder}/${files.map((file) => file.name).join(" and ")}`;
  const row = (what: string, bytes: (file: File) => number, limit: number | undefined): Row => {
    const kB = files.reduce((sum, file) => sum + bytes(file), 0) / 1000;
    const target: Target | undefined = limit === undefined ? undefined : atMost(limit, kB, " kB");
    return {
      metric: `${name}, ${what}`,
      measured: `${kB.toFixed(1)} kB`,
      ...(target === undefined ? {} : { target }),
    };
  };
  return [
    row("minified", ({ bytes }) => bytes, limits?.minified),
    row("gzip", ({ gzipBytes }) => gzipBytes, limits?.gzip),
  ];
}
