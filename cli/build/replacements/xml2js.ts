import { unused } from "./unused.ts";

/**
 * For xml2js, with which the SDK reads an error that comes as XML (Content-Type text/xml;charset=utf-8), which is
 * what the RPC API writes when it has not yet read that JSON is wanted. Understands the form that STS documents,
 * `<Error>` with leaves of text in it, and no other: anything else throws, as malformed XML does in xml2js, and
 * is an unreadable answer to the adapter.
 */
export const replacement = { Parser: XmlErrorParser, Builder: unused("xml2js Builder") };

type Done = (error: Error | null, output?: { readonly Error: Readonly<Record<string, string>> }) => void;

function XmlErrorParser() {
  return {
    parseString(xml: string, done: Done): void {
      const inside = /^\s*(?:<\?xml[^>]*\?>)?\s*<Error>(.*)<\/Error>\s*$/s.exec(xml)?.[1];
      if (inside === undefined) {
        done(new Error("not an <Error> document"));
        return;
      }
      const leaves = inside.matchAll(/<(\w+)>([^<]*)<\/\1>/g);
      done(null, {
        Error: Object.fromEntries(Array.from(leaves, ([, name, text = ""]) => [name, textOf(text)])),
      });
    },
  };
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function textOf(escaped: string): string {
  return escaped.replace(/&(\w+);/g, (entity, name: string) => ENTITIES[name] ?? entity);
}
