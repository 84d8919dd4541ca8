import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ownManifest, ROOT } from "../shared/own-files.ts";
import { projectSYaml } from "./s-yaml.ts";

/** What a project is made from. Each value has been checked: no text in it can end a quoted text of YAML or JSON. */
export interface ProjectAnswers {
  /** Of package.json. */
  readonly name: string;
  /** The `iss` of the App tokens. */
  readonly issuer: string;
  readonly audience: string;
  readonly bucket: string;
  /** e.g. cn-hangzhou */
  readonly region: string;
  /** The address of the issuer's key set. */
  readonly jwks: string;
  /** e.g. RS256 */
  readonly algorithms: readonly string[];
  /** How package.json depends on oss-valet: a version, or `file:` and a path from the project. */
  readonly ossValet: string;
}

const TEMPLATES = join(import.meta.dirname, "templates");

/** The files of a new project: path → text. */
export function projectFiles(answers: ProjectAnswers): ReadonlyMap<string, string> {
  const { name, issuer, audience, bucket, region, jwks, algorithms } = answers;
  const values = {
    name,
    bucket,
    region,
    issuer: JSON.stringify(issuer),
    audience: JSON.stringify(audience),
    jwks: JSON.stringify(jwks),
    algorithms: `[${algorithms.join(", ")}]`,
  };
  return new Map([
    ["access.yaml", filled("access.yaml", values)],
    ["s.yaml", projectSYaml(readFileSync(join(ROOT, "s.yaml"), "utf8"), answers)],
    ["package.json", `${JSON.stringify(manifestOf(answers), null, 2)}\n`],
    // npm leaves a file of the name .gitignore out of a package.
    [".gitignore", filled("gitignore", values)],
    [".github/workflows/deploy.yml", filled("deploy.yml", values)],
    ["README.md", filled("README.md", values)],
  ]);
}

function manifestOf({ name, ossValet }: ProjectAnswers): object {
  const { engines, devDependencies } = ownManifest();
  return {
    name,
    private: true,
    engines,
    scripts: {
      start: "valet dev",
      test: "valet test",
      build: "valet build",
      serve: "valet serve",
      valet: "valet",
      deploy: "s deploy",
    },
    dependencies: { "oss-valet": ossValet },
    devDependencies: { "@serverless-devs/s": devDependencies["@serverless-devs/s"] },
  };
}

/** `{{name}}` in a template. GitHub's own `${{ … }}` has spaces, and stays. */
function filled(template: string, values: Readonly<Record<string, string>>): string {
  return readFileSync(join(TEMPLATES, template), "utf8").replaceAll(
    /\{\{(\w+)\}\}/g,
    (whole, key: string) => {
      const value = values[key];
      if (value === undefined) throw new Error(`${template} has ${whole}, which is no answer`);
      return value;
    },
  );
}
