import { readFileSync } from "node:fs";
import { join } from "node:path";
import { keysOf } from "../../cli/init/discovery.ts";
import { type ProjectAnswers, projectFiles } from "../../cli/init/project.ts";
import { PARAMETERS, publishText } from "./publish.ts";

const ROOT = join(import.meta.dirname, "../..");

/** What `s init` renders: s.yaml in its place, and every file of this ending, which it takes off. */
const RENDERED = ".stpl";

/**
 * The application of Serverless Devs: path → text. `src/` is the project that `valet init` makes, with the parameters of `s init`
 * as answers. Serverless Devs asks no issuer, so the address of the keys is the usual one, as with `valet init --offline`.
 */
export async function applicationFiles(): Promise<ReadonlyMap<string, string>> {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    readonly version: string;
  };
  const { jwks, algorithms } = await keysOf(ISSUER, { offline: true, fetch });
  const answers: ProjectAnswers = {
    name: markOf("name"),
    issuer: ISSUER,
    audience: markOf("audience"),
    bucket: markOf("bucket"),
    region: markOf("region"),
    jwks,
    algorithms,
    ossValet: version,
  };
  return new Map([
    ["publish.yaml", publishText(version, "both")],
    ["publish_en.yaml", publishText(version, "en")],
    ["readme.md", README_ZH],
    ["readme_en.md", README],
    ["version.md", `oss-valet ${version}\n`],
    ["version_body_en.md", `oss-valet ${version}\n`],
    ...[...projectFiles(answers)].map(([path, text]) => templateOf(path, text)),
  ]);
}

/** A text that no file of the project has by itself. */
function markOf(parameter: string): string {
  return `mark-of-${parameter}`;
}

const ISSUER = `https://${markOf("issuer")}/`;

function templateOf(path: string, text: string): readonly [path: string, text: string] {
  const template = filledByS(text);
  if (path === "s.yaml") return [`src/${path}`, template];
  return template === text ? [`src/${path}`, text] : [`src/${path}${RENDERED}`, template];
}

/** In the language of art-template, which `s` renders with: what the text has of that language itself comes out as it is. */
function filledByS(text: string): string {
  if (!PARAMETERS.some(({ name }) => text.includes(markOf(name)))) return text;
  const escaped = text
    .replaceAll(/\{\{|<%/g, (open) => `{{'${open}'}}`)
    .replaceAll(`${ISSUER}.well-known/`, "{{ issuer.endsWith('/') ? issuer : issuer + '/' }}.well-known/")
    .replaceAll(ISSUER, "{{ issuer }}");
  return PARAMETERS.reduce((rest, { name }) => rest.replaceAll(markOf(name), `{{ ${name} }}`), escaped);
}

const README = `# oss-valet

Temporary, least-privilege OSS credentials for the signed-in users of an App, by a function of Function Compute. The function
verifies the App's own login token, and answers with credentials that open that user's folder alone.

After \`s init\`, in the new folder:

\`\`\`sh
npm install
npx valet dev     # the whole exchange on this machine, without an account
npx valet test    # the promises of access.yaml
\`\`\`

README.md there says how to deploy: \`npx valet provision apply\` makes the roles, then \`npx s deploy\`.
`;

const README_ZH = `# oss-valet

用一个函数计算的函数，为 App 的登录用户签发临时、最小权限的 OSS 访问凭证。函数校验 App 自己的登录令牌，返回只能访问该用户文件夹的凭证。

\`s init\` 之后，在新建的文件夹中运行：

\`\`\`sh
npm install
npx valet dev     # 在本机运行整个流程，不需要账号
npx valet test    # 检查 access.yaml 中的承诺
\`\`\`

部署步骤见其中的 README.md：先用 \`npx valet provision apply\` 创建角色，再运行 \`npx s deploy\`。
`;
