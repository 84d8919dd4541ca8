import { spawn } from "node:child_process";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { nextVersion, parseChangelog, releasedChangelog } from "../cli/shared/changelog.ts";
import { calledWrongly, optionsOrUsage } from "./command-line.ts";
import { packClient, packOssValet } from "./package.ts";
import { audited, billOfMaterials, foreignLicences, installedAlone } from "./release/bill-of-materials.ts";
import { differences, sha256Of } from "./release/reproducible.ts";
import { versionsIn, writeVersion } from "./release/versions.ts";

const ROOT = join(import.meta.dirname, "..");

/** What a release consists of. */
const DESTINATION = join(ROOT, "dist/release");

const USAGE = `npm run release                    checks everything, and makes the tarballs, their SBOM and SHA256SUMS in dist/release
npm run release -- --prepare       writes the next version, by the changes in CHANGELOG.md, into all files that name it
npm run release -- --skip-tests    without .ci/run: for a commit that CI has passed`;

const options = optionsOrUsage({ prepare: { type: "boolean" }, "skip-tests": { type: "boolean" } }, USAGE);

/** Resolves to what to say of success. Rejects with what is wrong. */
type Step = () => Promise<string>;

if (options.prepare === true) {
  if (options["skip-tests"] === true) calledWrongly("--prepare runs no tests; write it alone", USAGE);
  console.log(await prepared());
} else process.exitCode = (await passed(stepsOfRelease())) ? 0 : 1;

async function prepared(): Promise<string> {
  const path = join(ROOT, "CHANGELOG.md");
  const text = await readFile(path, "utf8");
  const read = parseChangelog(text);
  if (!read.ok) calledWrongly(read.problems.join("\n"), USAGE);
  const version = nextVersion(read.changelog);
  if (version === undefined) calledWrongly("CHANGELOG.md has no unreleased changes", USAGE);
  const released = releasedChangelog(text, { version, date: new Date().toISOString().slice(0, 10) });
  if (!released.ok) calledWrongly(released.problems.join("\n"), USAGE);
  await writeFile(path, released.text);
  await writeVersion(ROOT, version);
  return `This is ${version} now. Read CHANGELOG.md once more, commit, and run npm run release.`;
}

function stepsOfRelease(): Readonly<Record<string, Step>> {
  let tarball = "";
  return {
    "the working tree is clean": async () => {
      const changes = (await outputOf("git", ["status", "--porcelain"])).trim();
      if (changes !== "") throw new Error(`commit or remove first:\n${changes}`);
      return (await outputOf("git", ["rev-parse", "HEAD"])).trim();
    },
    "the version is that of CHANGELOG.md, everywhere": async () => {
      const read = parseChangelog(await readFile(join(ROOT, "CHANGELOG.md"), "utf8"));
      if (!read.ok) throw new Error(read.problems.join("\n"));
      const { unreleased, releases } = read.changelog;
      const [newest] = releases;
      if (unreleased.length > 0 || newest === undefined)
        throw new Error("CHANGELOG.md has unreleased changes: npm run release -- --prepare");
      const versions = await versionsIn(ROOT);
      const others = Object.entries(versions).filter(([, version]) => version !== newest.version);
      if (others.length > 0)
        throw new Error(
          `CHANGELOG.md has ${newest.version}, but ${others.map((one) => one.join(" has ")).join(", ")}`,
        );
      return newest.version;
    },
    "npm can say where it was made": async () => {
      const { repository } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
        readonly repository?: unknown;
      };
      return repository === undefined
        ? "not yet: package.json has no repository, so publish without --provenance, or add it"
        : "package.json has the repository; publish in CI with --provenance";
    },
    "CI passes": async () => {
      if (options["skip-tests"] === true) return "not run (--skip-tests)";
      await watched(".ci/run", []);
      return ".ci/run";
    },
    "two builds give the same bytes": async () => {
      const different = await differences();
      if (different.length > 0) throw new Error(different.join("\n"));
      return "both bundles, both tarballs";
    },
    "the tarballs are made": async () => {
      await rm(DESTINATION, { recursive: true, force: true });
      await mkdir(DESTINATION, { recursive: true });
      const work = join(ROOT, "dist/packages");
      await mkdir(work, { recursive: true });
      const made = [await packOssValet(work), await packClient(work)];
      for (const { path } of made) await copyFile(path, join(DESTINATION, basename(path)));
      tarball = join(DESTINATION, basename(made[0]?.path ?? ""));
      return made.map(({ path, bytes }) => `${basename(path)} ${(bytes / 1000).toFixed(0)} kB`).join(", ");
    },
    "licences, SBOM, known vulnerabilities": async () => {
      const installed = await installedAlone(tarball);
      try {
        const bill = await billOfMaterials(installed);
        const foreign = foreignLicences(bill);
        if (foreign.length > 0) throw new Error(`look at these licences:\n${foreign.join("\n")}`);
        await writeFile(`${tarball.replace(/\.tgz$/, "")}.cdx.json`, `${JSON.stringify(bill, null, 2)}\n`);
        const audit = await audited(installed);
        if (audit.asked && audit.vulnerable.length > 0) throw new Error(audit.vulnerable.join("\n"));
        const asked = audit.asked
          ? "no known vulnerability"
          : `vulnerabilities NOT CHECKED: ${audit.because}`;
        return `${bill.components.length} packages, all licences allowed; ${asked}`;
      } finally {
        await installed.remove();
      }
    },
    "their digests": async () => {
      const names = (await readdir(DESTINATION)).filter((name) => /\.(tgz|json)$/.test(name)).sort();
      const lines = await Promise.all(
        names.map(async (name) => `${await sha256Of(join(DESTINATION, name))}  ${name}\n`),
      );
      await writeFile(join(DESTINATION, "SHA256SUMS"), lines.join(""));
      return `${relative(process.cwd(), DESTINATION)}/SHA256SUMS`;
    },
  };
}

/** Runs every step, also after a failure, so that one run shows all that is wrong. */
async function passed(steps: Readonly<Record<string, Step>>): Promise<boolean> {
  let ok = true;
  for (const [what, step] of Object.entries(steps)) {
    try {
      console.log(`ok      ${what}: ${await step()}`);
    } catch (error) {
      ok = false;
      console.log(`FAILED  ${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  console.log(ok ? "Ready to publish: dist/release" : "Not ready to publish.");
  return ok;
}

/** Standard output of a program. Rejects where it fails. */
function outputOf(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve(out) : reject(new Error(`${program}: exit code ${code}`)),
    );
  });
}

/** Runs a program whose output everybody sees. */
function watched(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(ROOT, program), args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`${program}: exit code ${code}`)),
    );
  });
}
