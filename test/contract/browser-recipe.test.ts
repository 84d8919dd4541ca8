import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { corsRuleFor } from "../../cli/dev/web-page.ts";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { administratorsOss } from "../support/administrators-oss.ts";
import { BROWSER_RECIPE, recipeBlocks, recipeProgram } from "../support/browser-recipe.ts";

const ROOT = join(import.meta.dirname, "../..");

describe("docs/recipes/browser.md", () => {
  it("has JavaScript that fits together and finds everything that it imports; test/browser runs it", async () => {
    expect(recipeBlocks("js").length).toBeGreaterThan(5);
    expect(await recipeProgram("/credentials")).toContain("signatureUrlV4");
  });

  it("has a CORS rule that OSS takes, and that is the one the page is tested with", async () => {
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.stop());
    const client = administratorsOss(sandbox) as unknown as Requesting;
    const [content = ""] = recipeBlocks("xml");
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
    const [block = ""] = recipeBlocks("yaml");
    const [name = ""] = Object.keys(parse(block) as object);
    expect(readFileSync(join(ROOT, "s.yaml"), "utf8")).toContain(`# ${name}: https://app.example.com`);
  });

  it("links to files that are there", () => {
    const links = [...BROWSER_RECIPE.matchAll(/\]\((\.\.[^)#]+)[^)]*\)/g)].map(([, path = ""]) => path);
    expect(links.length).toBeGreaterThan(3);
    expect(links.filter((link) => !existsSync(join(ROOT, "docs/recipes", link)))).toEqual([]);
  });
});

/** What ali-oss sends every request with; its own putBucketCORS would write the XML itself. */
interface Requesting {
  request(parameters: Readonly<Record<string, unknown>>): Promise<unknown>;
}
