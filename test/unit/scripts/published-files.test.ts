import { expect, it } from "vitest";
import { publishedFiles } from "../../../scripts/build-client/published-files.ts";

const INDEX = { name: "index", source: "client/src/index.ts" };
const UPLOAD = { name: "upload", source: "client/src/upload.ts" };
const REACT = { name: "react", source: "client/src/react.ts" };

function namesOf(entries: Parameters<typeof publishedFiles>[0], imports: Record<string, readonly string[]>) {
  const paths = new Map(
    Object.entries(imports).map(([from, to]) => [
      `client/src/${from}.ts`,
      to.map((name) => `client/src/${name}.ts`),
    ]),
  );
  return publishedFiles(entries, paths).map(({ name }) => name);
}

it("what one entry alone uses has no file of its own", () => {
  expect(
    namesOf([INDEX, UPLOAD], { index: ["credentials/ask"], "credentials/ask": ["xml"], upload: [] }),
  ).toEqual(["index", "upload"]);
});

it("what two entries use is one file, with what only it uses", () => {
  const imports = {
    index: ["oss/error"],
    upload: ["run"],
    run: ["oss/error"],
    "oss/error": ["xml"],
    xml: [],
  };
  expect(namesOf([INDEX, UPLOAD], imports)).toEqual(["index", "upload", "oss-error"]);
});

it("what a shared file and an entry use is a file too", () => {
  const imports = { index: ["oss/error", "xml"], upload: ["oss/error"], "oss/error": ["xml"] };
  expect(namesOf([INDEX, UPLOAD], imports)).toEqual(["index", "upload", "oss-error", "xml"]);
});

it("an entry that another entry imports stays that entry's file, and shares nothing by it", () => {
  const imports = { react: ["upload"], upload: ["run"], run: [] };
  expect(namesOf([UPLOAD, REACT], imports)).toEqual(["upload", "react"]);
});

it("two ways from one entry to a module are one user", () => {
  const imports = { index: ["a", "b"], a: ["c"], b: ["c"], c: [] };
  expect(namesOf([INDEX], imports)).toEqual(["index"]);
});
