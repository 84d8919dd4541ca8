import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { containerImageFrom } from "../support/container-image.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const IMAGE = containerImageFrom(read("container/Dockerfile"));
const COMPOSE = read("container/compose.yaml");

describe.each(["docs/containers.md", "docs/zh/containers.md"])("the commands of %s", (page) => {
  const text = read(page);

  it("name files that exist; valet.env is made from its example", () => {
    const files = [...text.matchAll(/(?:-f|--ignorefile|--env-file) (container\/[\w./-]+)/g)].map(
      ([, path]) => path,
    );
    expect(files.length).toBeGreaterThan(5);
    expect(
      files.filter((path) => path !== "container/valet.env" && !existsSync(join(ROOT, String(path)))),
    ).toEqual([]);
  });

  it("set arguments that the Dockerfile has, to the tags that it has", () => {
    const known = { ...IMAGE.images, ...IMAGE.stages[0]?.args };
    const set = [...text.matchAll(/--build-arg (\w+)=(\S+?)(?=[\s`])/g)];
    expect([...new Set(set.map(([, name]) => name))].sort()).toEqual(Object.keys(known).sort());
    for (const [, , image] of set.filter(([, , value]) => value?.startsWith("registry.example.com/")))
      expect(Object.values(IMAGE.images).map((one) => one.split("/").at(-1))).toContain(
        image?.split("/").at(-1),
      );
  });

  it("run the image as compose.yaml does", () => {
    const run = /^docker run .*$/m.exec(text)?.[0] ?? "";
    const [, seconds] = /stop_grace_period: (\d+)s/.exec(COMPOSE) ?? [];
    expect(run).toContain(`--stop-timeout ${seconds} `);
    const [, port] = /- "(127\.0\.0\.1:\d+:\d+)"/.exec(COMPOSE) ?? [];
    expect(run).toContain(`-p ${port} `);
    for (const flag of ["--read-only", "--cap-drop ALL", "--security-opt no-new-privileges"])
      expect(run).toContain(flag);
    expect(text).toContain(/docker compose .*/.exec(COMPOSE)?.[0]);
  });
});
