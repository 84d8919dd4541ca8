import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CONTROL_ROUTES } from "../../sandbox/control-routes.ts";
import { faultRuleFrom } from "../../sandbox/fault-rule.ts";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { seededWorld } from "../../sandbox/seed.ts";

const DOC = readFileSync(new URL("../../docs/sandbox.md", import.meta.url), "utf8");

describe("docs/sandbox.md", () => {
  it("names every switch of the control API", () => {
    const table = DOC.slice(DOC.indexOf("| request | does |"), DOC.indexOf("### Faults"));
    const named = [...table.matchAll(/`((?:GET|POST|DELETE) \/[a-z-]+)`/g)].map(([, route]) => route);
    expect([...new Set(named)].sort()).toEqual(Object.keys(CONTROL_ROUTES).sort());
  });

  it("names every kind of fault", () => {
    const named = [...DOC.matchAll(/^\| `([a-z]+)`/gm)].map(([, kind]) => kind);
    const refused = faultRuleFrom({ service: "sts", kind: "none of them" }) as { readonly problem: string };
    const kinds = refused.problem.replace("kind: must be one of ", "").split(", ");
    expect(named.sort()).toEqual(kinds.sort());
  });

  it("has a seed file that works", async () => {
    const [, seed = ""] = /```yaml\n(.*?)```/s.exec(DOC) ?? [];
    const sandbox = await startSandbox({ world: seededWorld(seed) });
    expect(sandbox).toMatchObject({ accessKeyId: "LTAIcaller", bucket: "photos", region: "cn-shanghai" });
    await sandbox.stop();
  });

  it("has a fault that is taken", () => {
    const [, rule = ""] = /-d '(\{"service".*?\})'/.exec(DOC) ?? [];
    expect(faultRuleFrom(JSON.parse(rule))).toHaveProperty("rule");
  });
});
