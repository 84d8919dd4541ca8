import { ossError } from "./errors.ts";

/** An element of a request's XML. */
export interface XmlNode {
  readonly name: string;
  /** All text directly inside, as it is: blanks are not cut off. */
  readonly text: string;
  readonly children: readonly XmlNode[];
}

/**
 * Reads the XML that OSS takes: elements and text, declarations, comments, attributes that nobody looks at. Throws 400
 * MalformedXML for everything else, DTDs and entities of one's own among it, and where the root is another one.
 */
export function xmlFrom(text: string, root: string): XmlNode {
  const reader = { text: text.replace(/^\uFEFF/, ""), at: 0 };
  skipMisc(reader);
  const node = elementFrom(reader, 0);
  skipMisc(reader);
  if (reader.at < reader.text.length || node.name !== root) throw malformedXml();
  return node;
}

/** The children of that name. */
export function childrenOf(node: XmlNode, name: string): readonly XmlNode[] {
  return node.children.filter((child) => child.name === name);
}

/** The text of the only child of that name, or undefined when there is none. Throws 400 MalformedXML when there are more. */
export function childText(node: XmlNode, name: string): string | undefined {
  const [child, ...others] = childrenOf(node, name);
  if (others.length > 0) throw malformedXml();
  return child?.text;
}

/** 400 MalformedXML. */
export function malformedXml(ec?: string) {
  return ossError(
    400,
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema.",
    ec,
  );
}

interface Reader {
  readonly text: string;
  at: number;
}

/** Deeper than any document of OSS, and no danger to the stack. */
const MAX_DEPTH = 16;

const BLANKS = /\s+/y;
const START = /<([A-Za-z_][\w.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;
const END = /<\/([A-Za-z_][\w.-]*)\s*>/y;
const TEXT = /[^<]+/y;

function elementFrom(reader: Reader, depth: number): XmlNode {
  const [, name, , empty] = take(reader, START) ?? [];
  if (name === undefined || depth > MAX_DEPTH) throw malformedXml();
  if (empty === "/") return { name, text: "", children: [] };
  const children: XmlNode[] = [];
  let text = "";
  for (;;) {
    const [raw] = take(reader, TEXT) ?? [];
    if (raw !== undefined) {
      text += unescaped(raw);
      continue;
    }
    if (takeBetween(reader, "<!--", "-->") !== undefined) continue;
    const cdata = takeBetween(reader, "<![CDATA[", "]]>");
    if (cdata !== undefined) {
      text += cdata;
      continue;
    }
    const end = take(reader, END);
    if (end === undefined) {
      children.push(elementFrom(reader, depth + 1));
      continue;
    }
    if (end[1] !== name) throw malformedXml();
    return { name, text, children };
  }
}

/** Blanks, declarations and comments. */
function skipMisc(reader: Reader): void {
  while (
    take(reader, BLANKS) !== undefined ||
    takeBetween(reader, "<?", "?>") !== undefined ||
    takeBetween(reader, "<!--", "-->") !== undefined
  );
}

/** What stands between the two, which are passed over; undefined: the first is not here. No pattern: it may be long. */
function takeBetween(reader: Reader, start: string, end: string): string | undefined {
  if (!reader.text.startsWith(start, reader.at)) return undefined;
  const from = reader.at + start.length;
  const to = reader.text.indexOf(end, from);
  if (to === -1) throw malformedXml();
  reader.at = to + end.length;
  return reader.text.slice(from, to);
}

function take(reader: Reader, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = reader.at;
  const match = pattern.exec(reader.text);
  if (match === null) return undefined;
  reader.at = pattern.lastIndex;
  return match;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|(\w*));?/g, (whole, decimal, hex, name) => {
    // A lone ampersand stands for itself. Source: the official suite for C++ sends one in a tag's key.
    if (whole === "&") return whole;
    if (!whole.endsWith(";")) throw malformedXml();
    if (name !== undefined) {
      const character = Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined;
      if (character === undefined) throw malformedXml();
      return character;
    }
    const codePoint = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    if (codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint < 0xe000)) throw malformedXml();
    return String.fromCodePoint(codePoint);
  });
}
