/** Of the project's own package.json, what the package's is made from. */
export interface ProjectManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly repository?: unknown;
}

/** What deploys a project. */
const DEPLOYER = "@serverless-devs/s";

/** package.json of the package. Versions of dependencies are exact: they are those that the tests ran with. */
export function packageManifest({
  name,
  version,
  description,
  license,
  engines,
  dependencies,
  devDependencies,
  repository,
}: ProjectManifest): object {
  return {
    name,
    version,
    description,
    keywords: ["alibaba-cloud", "aliyun", "oss", "sts", "ram", "function-compute", "credentials", "sandbox"],
    license,
    ...(repository === undefined ? {} : { repository }),
    type: "module",
    engines,
    bin: { valet: "cli/main.js" },
    imports: { "#access-rules": "./cli/build/access-rules.js" },
    exports: {
      "./sandbox": {
        import: { types: "./types/sandbox/index.d.ts", default: "./sandbox/index.js" },
        require: { types: "./types/sandbox/index.d.cts", default: "./sandbox/index.cjs" },
      },
      "./access.schema.json": "./access.schema.json",
      "./audit.schema.json": "./audit.schema.json",
      "./package.json": "./package.json",
    },
    // For a TypeScript that does not read exports.
    typesVersions: { "*": { sandbox: ["./types/sandbox/index.d.cts"] } },
    dependencies,
    // Not installed with the package: `valet init` writes it into a project.
    devDependencies: { [DEPLOYER]: devDependencies[DEPLOYER] },
    // With a `repository`, `npm publish` in CI signs where and from what the package was made.
    publishConfig: { access: "public", provenance: true },
  };
}
