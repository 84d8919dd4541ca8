/** An element: its name, and either text or the elements inside. */
export type XmlElement = readonly [name: string, content: string | number | readonly XmlElement[]];

/** The document with that root, as OSS writes it: no namespace, everything escaped. */
export function xmlDocument(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${elementText(root)}`;
}

/** A time as OSS's XML writes it: three zeros, never milliseconds, e.g. 2026-11-26T12:26:35.000Z */
export function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}.000Z`;
}

/** The element in a list where the value is there, nothing when it is undefined. */
export function optional(name: string, value: string | number | undefined): readonly XmlElement[] {
  return value === undefined ? [] : [[name, value]];
}

function elementText([name, content]: XmlElement): string {
  const inside =
    typeof content === "string"
      ? escaped(content)
      : typeof content === "number"
        ? String(content)
        : content.map(elementText).join("");
  return `<${name}>${inside}</${name}>`;
}

/**
 * Control characters become references, which XML 1.0 does not allow either: a client that lists such keys must ask
 * for encoding-type=url, as with the real service.
 */
function escaped(text: string): string {
  return text.replace(/[&<>"'\p{Cc}]/gu, (character) => {
    const named = NAMED[character];
    if (named !== undefined) return named;
    return character === "\n" || character === "\t" ? character : `&#${character.charCodeAt(0)};`;
  });
}

const NAMED: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};
