import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Row } from "./cell.ts";

const COLUMNS = [
  ["trouble", 58],
  ["share", 10],
  ["requests", 9],
  ["served", 8],
  ["in 3 s", 8],
  ["p50 ms", 7],
  ["worst ms", 9],
  ["STS/req", 8],
  ["again ms", 9],
  ["what the App saw", 0],
] as const;

export const HEADING = COLUMNS.map(([name, width]) => name.padEnd(width)).join(" ");

export function lineOf(row: Row): string {
  const cells = [
    row.trouble,
    row.share,
    String(row.requests),
    percentOf(row.served, row.requests),
    percentOf(row.servedSoon, row.requests),
    String(row.medianMs),
    String(row.worstMs),
    row.stsCalls === undefined ? "" : row.stsCalls.toFixed(2),
    String(row.recoveredMs),
    Object.entries(row.codes)
      .map(([code, count]) => `${count} ${code}`)
      .join(", "),
  ];
  const line = cells.map((cell, at) => cell.padEnd(COLUMNS[at]?.[1] ?? 0)).join(" ");
  return [line, ...row.broken.map((law) => `  BROKEN  ${law}`)].join("\n");
}

/** One digit after the point, and 100 % only when it is all of them. */
export function percentOf(part: number, whole: number): string {
  const share = Math.floor((1000 * part) / whole) / 10;
  return `${share} %`;
}

const PAGES = ["docs/reliability.md", "docs/zh/reliability.md"];
const MARKS = /(<!-- chaos: begin -->\n)[\s\S]*?(<!-- chaos: end -->)/;

/** Writes the rows as a table into the pages, between the marks there. */
export function writeDocs(root: string, rows: readonly Row[]): void {
  const lines = rows.map(
    (row) =>
      `| ${row.trouble} | ${row.share} | ${row.requests} | ${percentOf(row.served, row.requests)} | ${percentOf(row.servedSoon, row.requests)} | ${row.worstMs} ms | ${row.stsCalls?.toFixed(2) ?? "–"} | ${row.recoveredMs} ms |`,
  );
  const head =
    "| STS | of its calls | requests | served | in 3 s | worst wait | calls of STS a request | served again after |\n|---|--:|--:|--:|--:|--:|--:|--:|";
  for (const page of PAGES.map((path) => join(root, path))) {
    const text = readFileSync(page, "utf8");
    writeFileSync(
      page,
      text.replace(MARKS, (_all, begin, end) => `${begin}${head}\n${lines.join("\n")}\n${end}`),
    );
  }
}
