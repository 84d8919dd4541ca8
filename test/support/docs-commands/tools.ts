/** How we know that the docs call a program of somebody else rightly. */
export interface Tool {
  /** Files of tests that run it, or read what the docs write after it. */
  readonly tests: readonly string[];
  /** What they check, and why not more. */
  readonly why: string;
}

const SHELL: Tool = { tests: ["test/contract/shell-commands.test.ts"], why: "the shell's own, or of POSIX" };
const RECIPE: Tool = {
  tests: ["test/interop/handmade.ts", "test/interop/languages.ts", "test/contract/recipes.test.ts"],
  why: "npm run interop builds and runs the program of the page where the toolchain is there",
};
/** Every program in the docs apart from npm, npx, valet and s, which are checked word for word. */
export const TOOLS: Readonly<Record<string, Tool>> = {
  ...Object.fromEntries(
    "[ : . cat cd chmod cp echo exit kill ln ls mkdir mv printf rm sed set sha256sum sh sleep wc"
      .split(" ")
      .map((name) => [name, SHELL]),
  ),
  ...Object.fromEntries(
    "composer dotnet g++ gcc go java javac php pip python".split(" ").map((name) => [name, RECIPE]),
  ),
  aliyun: {
    tests: [
      "test/contract/access-rules-doc.test.ts",
      "test/contract/ops.test.ts",
      "test/flow/sidecar.test.ts",
    ],
    why: "no account: the policies, the ROS template with its parameters and the answers of the sidecar are checked",
  },
  curl: {
    tests: [
      "test/contract/sandbox-doc.test.ts",
      "test/flow/audit-walk.test.ts",
      "test/flow/form-recipes.test.ts",
    ],
    why: "the recipe runs as it stands; of the other lines the routes and bodies are checked",
  },
  docker: {
    tests: [
      "test/container/dockerfile.test.ts",
      "test/container/compose.test.ts",
      "test/container/image.test.ts",
      "test/sandbox/fc-container.test.ts",
    ],
    why: "no engine: the files are read, what is in the image is started without one, and s local has a stand-in for docker",
  },
  git: { tests: [], why: "reads the history only" },
  kubectl: {
    tests: ["test/container/kubernetes.test.ts"],
    why: "no cluster: the manifests are compared with the code",
  },
  node: {
    tests: ["test/contract/docs-commands.test.ts"],
    why: "each text after -p or -e must be JavaScript",
  },
  ohpm: { tests: [], why: "HarmonyOS has its own package manager; the recipe says that it was only read" },
  podman: {
    tests: ["test/container/docs.test.ts", "test/container/image.test.ts"],
    why: "no engine: files and arguments are checked",
  },
  openssl: {
    tests: ["test/unit/functions/config.test.ts"],
    why: "the length of the keys is checked, the program is not",
  },
  ossutil: {
    tests: ["test/contract/browser-recipe.test.ts", "test/flow/sidecar.test.ts"],
    why: "no account",
  },
  terraform: {
    tests: ["test/contract/ops.test.ts", "test/contract/ci-role.test.ts"],
    why: "no Terraform: the file and its variables are checked",
  },
};
