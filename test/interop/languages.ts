import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "./commands.ts";
import { handmadeLanguages } from "./handmade.ts";
import type { Language } from "./language.ts";
import { OWN_DOMAIN } from "./recipes/door.ts";
import type { Recipe } from "./recipes/recipe.ts";

const HERE = import.meta.dirname;

/** Outside the source tree. `npm ci` removes it; the tools' own caches stay. */
const CACHE = join(HERE, "../../node_modules/.cache/interop");

/** Of one language, all steps together. */
export const DOWNLOAD_SECONDS = 240;
export const BUILD_SECONDS = 300;
/** Of one program. */
const PROGRAM_SECONDS = 120;

/** What a hosts file is for other languages. */
const HOSTS_FOR_NODE = `const dns = require("dns"), { lookup } = dns;
dns.lookup = (name, ...rest) => lookup(name === "${OWN_DOMAIN}" ? "127.0.0.1" : name, ...rest);`;

/** In the order in which they are reported. */
export const LANGUAGES: readonly Language[] = [
  python(),
  go(),
  java(),
  rust(),
  node(),
  ...handmadeLanguages(CACHE),
];

/** oss2 2.19 and ossfs cannot be installed together: ossfs wants oss2 2.18. */
function python(): Language {
  const folder = join(HERE, "python");
  const environments = {
    // First what goes through the sidecar: it has no clock of the sandbox, which the others move.
    "requirements.txt": ["pop_cases", "oss2_cases", "oss_v2_cases"],
    "requirements-ossfs.txt": ["oss2_cases", "ossfs_cases"],
  };
  const home = homeFor("python", Object.keys(environments));
  const steps = Object.entries(environments).map(([file, modules]) => {
    const place = join(home, file);
    const interpreter = join(place, "bin/python");
    const install = ["-m", "pip", "install", "--quiet", "--no-input", "--no-compile", "--requirement", file];
    return {
      download: [
        command(folder, "python3", "-m", "venv", "--clear", place),
        command(folder, interpreter, ...install),
      ],
      program: command(folder, interpreter, "-B", "main.py", ...modules),
    };
  });
  return {
    name: "python",
    toolchain: command(folder, "python3", "-c", "import ensurepip, venv"),
    home,
    download: steps.flatMap(({ download }) => download),
    build: [],
    programs: steps.map(({ program }) => program),
    underRealNames: [
      command(folder, join(home, "requirements.txt/bin/python"), "-B", "main.py", "real_names_cases"),
    ],
    recipes: [
      recipe("alibabacloud-oss-v2", "upload_v2.py"),
      { ...recipe("oss2", "upload_oss2.py"), ownDomain: "by proxy" },
    ],
  };

  function recipe(sdk: string, file: string): Recipe {
    const place = join(home, "recipes", sdk);
    return {
      title: `python.md: ${sdk} ${pinned("python/requirements.txt", `${sdk}==([\\w.]+)`)}`,
      page: "python.md",
      files: ["valet.py", file],
      folder: place,
      build: [],
      program: command(place, join(home, "requirements.txt/bin/python"), "-B", file),
    };
  }
}

function go(): Language {
  const folder = join(HERE, "go");
  const home = homeFor("go", ["go.mod", "go.sum"]);
  const program = join(home, "interop");
  return {
    name: "go",
    toolchain: command(folder, "go", "version"),
    home,
    download: [command(folder, "go", "mod", "download")],
    build: [command(folder, "go", "build", "-mod=readonly", "-o", program, ".")],
    programs: [command(folder, program)],
    underRealNames: [command(folder, program, "real-names")],
    recipes: [
      recipe("alibabacloud-oss-go-sdk-v2", "upload_v2.go"),
      recipe("aliyun-oss-go-sdk", "upload_v1.go"),
    ],
  };

  function recipe(sdk: string, file: string): Recipe {
    const place = join(home, "recipes", sdk);
    const built = join(place, "upload");
    return {
      title: `go.md: ${sdk} ${pinned("go/go.mod", `aliyun/${sdk} v([\\d.]+)`)}`,
      page: "go.md",
      files: ["valet.go", file],
      folder: place,
      // The modules of the other programs.
      build: [
        command(place, "cp", join(folder, "go.mod"), join(folder, "go.sum"), "."),
        command(place, "go", "build", "-mod=readonly", "-o", built, "."),
      ],
      program: command(place, built),
    };
  }
}

function java(): Language {
  const folder = join(HERE, "java");
  const home = homeFor("java", ["pom.xml"]);
  const maven = ["--batch-mode", "--quiet", `-Dinterop.target=${home}`];
  return {
    name: "java",
    toolchain: command(folder, "mvn", "--version"),
    home,
    download: [command(folder, "mvn", ...maven, "dependency:go-offline")],
    build: [command(folder, "mvn", ...maven, "process-classes")],
    programs: [command(folder, "java", "-cp", `${home}/classes:${home}/lib/*`, "interop.Main")],
    underRealNames: [command(folder, "java", "-cp", `${home}/classes:${home}/lib/*`, "interop.RealNames")],
    recipes: [recipe("aliyun-sdk-oss", "Upload")],
  };

  function recipe(sdk: string, main: string): Recipe {
    const place = join(home, "recipes", sdk);
    const files = ["Valet.java", `${main}.java`];
    return {
      title: `java.md: ${sdk} ${pinned("java/pom.xml", `<artifactId>${sdk}</artifactId>\\s*<version>([\\d.]+)`)}`,
      page: "java.md",
      files,
      folder: place,
      build: [
        command(place, "javac", "-d", "classes", "-cp", `${home}/lib/*`, ...files),
        command(place, "sh", "-c", `echo 127.0.0.1 localhost ${OWN_DOMAIN} > hosts`),
      ],
      program: command(place, "java", "-Djdk.net.hosts.file=hosts", "-cp", `classes:${home}/lib/*`, main),
      ownDomain: "by hosts file",
    };
  }
}

function rust(): Language {
  const folder = join(HERE, "rust");
  const home = homeFor("rust", ["Cargo.toml", "Cargo.lock"]);
  const environment = { CARGO_TARGET_DIR: home };
  return {
    name: "rust",
    toolchain: command(folder, "cargo", "--version"),
    home,
    download: [command(folder, "cargo", "fetch", "--quiet", "--locked")],
    build: [{ ...command(folder, "cargo", "build", "--quiet", "--locked"), environment }],
    programs: [command(folder, join(home, "debug/oss-valet-interop"))],
    underRealNames: [],
    recipes: [],
  };
}

/** ali-oss itself is tried by the tests of this project. Here runs the recipe, with the client package as it is published. */
function node(): Language {
  const root = join(HERE, "../..");
  const home = join(CACHE, "node");
  mkdirSync(home, { recursive: true });
  const folder = join(home, "recipes");
  return {
    name: "node",
    toolchain: command(home, "node", "--version"),
    home,
    download: [],
    build: [command(join(root, "client"), "npm", "run", "build", "--silent")],
    programs: [],
    underRealNames: [],
    recipes: [
      {
        title: `nodejs.md: ali-oss ${pinned("../../package.json", '"ali-oss": "([\\d.]+)"')}`,
        page: "nodejs.md",
        files: ["upload.mjs"],
        folder,
        build: [command(folder, "sh", "-c", `echo '${HOSTS_FOR_NODE}' > hosts.cjs`)],
        // The packages are those of this project's node_modules, above the folder.
        program: command(folder, "node", "--require", "./hosts.cjs", "upload.mjs"),
        ownDomain: "by hosts file",
        renews: "at half of the life",
      },
    ],
  };
}

/** The version that a file of packages names. */
function pinned(file: string, pattern: string): string {
  const version = new RegExp(pattern).exec(readFileSync(join(HERE, file), "utf8"))?.[1];
  if (version === undefined) throw new Error(`test/interop/${file} has nothing like ${pattern}`);
  return version;
}

function command(folder: string, name: string, ...args: readonly string[]): Command {
  return { command: name, args, folder, seconds: PROGRAM_SECONDS };
}

function homeFor(language: string, files: readonly string[]): string {
  const state = createHash("sha256");
  for (const file of files) state.update(readFileSync(join(HERE, language, file)));
  const home = join(CACHE, `${language}-${state.digest("hex").slice(0, 12)}`);
  mkdirSync(home, { recursive: true });
  return home;
}
