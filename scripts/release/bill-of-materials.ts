import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The parts of CycloneDX that are looked at. */
export interface BillOfMaterials {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly components: readonly Component[];
}

export interface Component {
  readonly name: string;
  readonly version: string;
  readonly licenses?: readonly {
    readonly license?: { readonly id?: string; readonly name?: string };
    readonly expression?: string;
  }[];
}

/** Licences that may be passed on beside Apache-2.0. */
const ALLOWED = new Set([
  "Apache-2.0",
  "MIT",
  "MIT-0",
  "ISC",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "0BSD",
  "BlueOak-1.0.0",
]);

/** Packages whose package.json has no SPDX identifier, and what the text of their licence says. */
const BY_TEXT: Readonly<Record<string, string>> = {
  // "Apache License 2.0"
  "@darabonba/typescript": "Apache-2.0",
  // "Dual Licensed MIT and Apache 2"
  "pause-stream": "MIT",
};

/** Components whose licence is not among those that may be passed on, each with its licence. */
export function foreignLicences({ components }: BillOfMaterials): readonly string[] {
  return components
    .map((component) => [component, licenceOf(component)] as const)
    .filter(
      ([, licence]) => licence === undefined || !alternativesOf(licence).some((one) => ALLOWED.has(one)),
    )
    .map(([{ name, version }, licence]) => `${name}@${version}: ${licence ?? "no licence"}`);
}

function licenceOf({ name, licenses = [] }: Component): string | undefined {
  const [first] = licenses;
  return first?.license?.id ?? first?.expression ?? BY_TEXT[name] ?? first?.license?.name;
}

/** `(MIT OR Apache-2.0)` leaves the choice; `MIT AND ISC` is kept whole, so that somebody looks at it. */
function alternativesOf(expression: string): readonly string[] {
  return expression.replaceAll(/[()]/g, "").split(" OR ");
}

/** A project that has installed nothing but a tarball, without what only development needs. Remove it. */
export interface Installed {
  readonly folder: string;
  remove(): Promise<void>;
}

export async function installedAlone(tarball: string): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), "oss-valet-release-"));
  const manifest = {
    name: "project",
    version: "1.0.0",
    private: true,
    dependencies: { "oss-valet": `file:${tarball}` },
  };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  await run("npm", ["install", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** What is installed, as CycloneDX 1.5. npm makes it. The folder's name and the time are not in it: equal trees, equal bytes. */
export async function billOfMaterials({ folder }: Installed): Promise<BillOfMaterials> {
  const args = ["sbom", "--sbom-format", "cyclonedx", "--omit", "dev"];
  const { stdout } = await run("npm", args, { cwd: folder, maxBuffer: 2 ** 26 });
  const bill = JSON.parse(stdout) as BillOfMaterials & {
    serialNumber?: string;
    metadata: { timestamp?: string };
  };
  delete bill.serialNumber;
  delete bill.metadata.timestamp;
  return JSON.parse(JSON.stringify(bill).replaceAll(`file:${folder}`, "file:")) as BillOfMaterials;
}

export type Audit =
  | { readonly asked: true; readonly vulnerable: readonly string[] }
  | { readonly asked: false; readonly because: string };

/** Asks the registry which of the installed packages have known vulnerabilities. Some registries do not answer that. */
export async function audited({ folder }: Installed): Promise<Audit> {
  const { stdout } = await run("npm", ["audit", "--omit=dev", "--json"], {
    cwd: folder,
    maxBuffer: 2 ** 26,
  }).catch((error: unknown) => error as { readonly stdout: string });
  const answer = JSON.parse(stdout || "{}") as {
    readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string }>>;
    readonly statusCode?: number;
  };
  if (answer.vulnerabilities === undefined)
    return {
      asked: false,
      because: `the registry answers ${answer.statusCode ?? "nothing that is understood"}`,
    };
  return {
    asked: true,
    vulnerable: Object.entries(answer.vulnerabilities).map(([name, { severity }]) => `${name}: ${severity}`),
  };
}
