import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Oss from "ali-oss";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { corsRuleFor } from "../../scripts/start/web-page.ts";

const ROOT = join(import.meta.dirname, "../..");
const SOURCES = join(ROOT, "test/browser");
const RECIPE = readFileSync(join(ROOT, "docs/recipes/browser.md"), "utf8");

describe("docs/recipes/browser.md", () => {
  it("shows no JavaScript that test/browser does not run", () => {
    const source = readdirSync(SOURCES)
      .filter((name) => name.endsWith(".js"))
      .map((name) => onOneLine(readFileSync(join(SOURCES, name), "utf8")))
      .join("\n");
    const blocks = blocksOf("js");
    expect(blocks.length).toBe(5);
    for (const block of blocks) expect(source).toContain(onOneLine(block));
  });

  it("has a CORS rule that OSS takes, and that is the one the page is tested with", async () => {
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.stop());
    const { accessKeyId, accessKeySecret } = sandbox.administrator;
    const client = new Oss({
      accessKeyId,
      accessKeySecret,
      bucket: sandbox.bucket,
      region: `oss-${sandbox.region}`,
      endpoint: sandbox.oss.url,
      sldEnable: true,
      authorizationV4: true,
    } as Oss.Options) as unknown as Requesting;
    const [content = ""] = blocksOf("xml");
    await client.request({
      method: "PUT",
      bucket: sandbox.bucket,
      subres: "cors",
      content: Buffer.from(content),
      mime: "xml",
      successStatuses: [200],
    });
    const bucket = sandbox.world.buckets.get(sandbox.bucket);
    expect(bucket?.cors).toEqual([corsRuleFor(["https://app.example.com"])]);
  });

  it("allows the function's origin by the name that s.yaml has for it", () => {
    const [block = ""] = blocksOf("yaml");
    const [name = ""] = Object.keys(parse(block) as object);
    expect(readFileSync(join(ROOT, "s.yaml"), "utf8")).toContain(`# ${name}: https://app.example.com`);
  });

  it("links to files that are there", () => {
    const links = [...RECIPE.matchAll(/\]\((\.\.[^)#]+)[^)]*\)/g)].map(([, path = ""]) => path);
    expect(links.length).toBeGreaterThan(3);
    expect(links.filter((link) => !existsSync(join(ROOT, "docs/recipes", link)))).toEqual([]);
  });
});

/** What ali-oss sends every request with; its own putBucketCORS would write the XML itself. */
interface Requesting {
  request(parameters: Readonly<Record<string, unknown>>): Promise<unknown>;
}

function blocksOf(language: string): readonly string[] {
  return [...RECIPE.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"))].map(
    ([, block = ""]) => block,
  );
}

function onOneLine(text: string): string {
  return text.trim().replace(/\s+/g, " ");
}
