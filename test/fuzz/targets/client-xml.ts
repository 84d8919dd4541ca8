import { elementOf, elementsOf } from "../../../client/src/oss/xml.ts";
import { type XmlNode, xmlFrom } from "../../../sandbox/oss/xml-reader.ts";
import { type FuzzTarget, law } from "../engine/target.ts";

const NAMES = ["Contents", "Key", "Size", "Code", "Message", "Prefix"];

/**
 * The client's reader of OSS's answers: whatever the text, texts. Where the sandbox's reader sees a plain answer (no
 * comments, CDATA or attributes, no element inside one of its own name), both see the same texts.
 */
export const target: FuzzTarget = {
  name: "client-xml",
  seeds: [
    "<Root><Contents><Key>a&amp;b</Key><Size>1</Size></Contents><Contents><Key>c</Key></Contents></Root>",
    "<Root><Code>AccessDenied</Code><Message>&lt;no&gt; &quot;&apos;</Message></Root>",
    "<Root><Prefix></Prefix></Root>",
  ],
  dictionary: NAMES.flatMap((name) => [`<${name}>`, `</${name}>`]),
  run: (input) => {
    const xml = input.toString("utf8");
    for (const name of NAMES) {
      const texts = elementsOf(xml, name);
      law(
        "every text stands in the answer",
        texts.every((text) => xml.includes(text)),
        () => ({ name, texts }),
      );
      law(
        "no text has its own start in it",
        texts.every((text) => !text.includes(`<${name}>`)),
      );
      const first = elementOf(xml, name);
      law("there is a first one where there are any", (first === undefined) === (texts.length === 0));
    }
    const tree = plainTree(xml);
    if (tree === undefined) return;
    for (const name of NAMES) {
      const nodes = nodesOf(tree, name);
      if (nodes.some((node) => nodesOf(node, name).length > 1)) continue;
      law("both readers see as many elements", elementsOf(xml, name).length === nodes.length, () => name);
      const [first] = nodes;
      if (first === undefined || first.children.length > 0) continue;
      law("both readers see the same text", elementOf(xml, name) === first.text, () => ({
        name,
        client: elementOf(xml, name),
        sandbox: first.text,
      }));
    }
  },
};

/** undefined: not as OSS writes its answers. */
function plainTree(xml: string): XmlNode | undefined {
  if (/<!|<\?|<[^>]*[\s/="']>|<[\w.-]+[\s=]|<[\w.-]+\/>|&(?!(?:lt|gt|amp|quot|apos);)/.test(xml))
    return undefined;
  try {
    return xmlFrom(xml, "Root");
  } catch {
    return undefined;
  }
}

function nodesOf(node: XmlNode, name: string): readonly XmlNode[] {
  return [...(node.name === name ? [node] : []), ...node.children.flatMap((child) => nodesOf(child, name))];
}
