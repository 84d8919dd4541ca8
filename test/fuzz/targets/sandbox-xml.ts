import { CloudError } from "../../../sandbox/cloud-error.ts";
import { type XmlNode, xmlFrom } from "../../../sandbox/oss/xml-reader.ts";
import { type FuzzTarget, law } from "../engine/target.ts";

/**
 * The reader of XML in requests to the sandbox's OSS: whatever the text, a tree or 400 MalformedXML. A tree that is written
 * again is read as the same tree.
 */
export const target: FuzzTarget = {
  name: "sandbox-xml",
  seeds: [
    '<?xml version="1.0" encoding="UTF-8"?><Delete><Quiet>true</Quiet><Object><Key>a&amp;b</Key></Object></Delete>',
    "<Delete><!-- two --><Object><Key><![CDATA[a<b]]></Key></Object><Empty/></Delete>\n",
    "<Delete xmlns=\"http://doc.oss-cn-hangzhou.aliyuncs.com\" a='b'>&#65;&#x1F600;&lt;&gt;&quot;&apos; & b</Delete>",
    "\ufeff<Delete></Delete>",
    `${"<Delete>".repeat(17)}${"</Delete>".repeat(17)}`,
  ],
  dictionary: ["<Delete>", "</Delete>", "<!DOCTYPE Delete>", "&#", ";", "]]>", '="'],
  run: (input) => {
    const text = input.toString("utf8");
    const node = treeOf(text);
    if (node === undefined) return;
    law("the root is the wanted one", node.name === "Delete");
    law("a tree is at most 17 elements deep", depthOf(node) <= 17);
    const again = treeOf(written(node));
    law("a tree that is written is read as the same tree", same(node, again), () => written(node));
  },
};

function treeOf(text: string): XmlNode | undefined {
  try {
    return xmlFrom(text, "Delete");
  } catch (error) {
    law(
      "a text that is refused is refused with 400 MalformedXML",
      error instanceof CloudError && error.status === 400 && error.code === "MalformedXML",
      () => String(error),
    );
    return undefined;
  }
}

function depthOf({ children }: XmlNode): number {
  return 1 + Math.max(0, ...children.map(depthOf));
}

/** Texts go before children: where they stood between them is not in the tree. */
function written({ name, text, children }: XmlNode): string {
  const escaped = text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<${name}>${escaped}${children.map(written).join("")}</${name}>`;
}

function same(one: XmlNode, other: XmlNode | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
