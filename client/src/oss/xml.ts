/**
 * The texts of every element of this name, in their order. Enough for the answers of OSS, which have no attributes and no
 * element inside one of its own name; it needs no DOMParser, which workers and Node.js do not have.
 */
export function elementsOf(xml: string, name: string): readonly string[] {
  return xml
    .split(`<${name}>`)
    .slice(1)
    .map((rest) => rest.split(`</${name}>`, 1)[0] ?? "");
}

/** The text of the first element of this name, its entities decoded; undefined when there is none. */
export function elementOf(xml: string, name: string): string | undefined {
  return elementsOf(xml, name)[0]?.replace(/&([a-z]{2,4});/g, (entity, name) => ENTITIES[name] ?? entity);
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
