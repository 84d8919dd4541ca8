import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { valet } from "../../../cli/valet.ts";
import { NOW_MS } from "../../support/stubs.ts";

const ACCESS = `
issuers:
  - { name: login, issuer: "https://login.example.com/", audience: photo-app }
  - { name: partner, issuer: "https://partner.example.net/", audience: photo-app, algorithms: [ES256], maxTokenAge: 3600, tokenTypes: [at+jwt], requiredClaims: [scope] }
rules:
  - { name: own folder, allow: [read, write], prefix: "{issuer}/{sub}/" }
  - { name: team, issuer: login, allow: [read, list], when: { role: editor }, prefix: "teams/{team}/" }
  - { name: trial, issuer: login, allow: [read], prefix: trial/, mode: report }
  - { name: at home, issuer: login, allow: [read], prefix: home/, sourceIp: request }
tests:
  - { issuer: login, claims: { sub: alice }, can: [read login/alice/a], cannot: [read login/bob/a] }
`;

const OPTIONS = {
  init: ["issuer", "bucket", "region", "audience", "jwks", "offline"],
  dev: ["once", "port", "json", "quiet", "access"],
  build: ["access"],
  serve: ["access"],
  sandbox: ["port", "seed", "https", "json"],
  explain: [
    ..."claim claims token issuer permission key bucket permissions prefix duration".split(" "),
    ..."source-ip role-policy access json".split(" "),
  ],
  test: ["bucket", "access", "json"],
  provision: "terraform ros function-role caller-user allow-widening yes access".split(" "),
  doctor: "strict function-role caller-user oss-endpoint access json".split(" "),
  smoke: "token expired-token other-audience-token neighbour oss-endpoint read-only access".split(" "),
  sidecar: [
    ..."endpoint app-token-command app-token-file permissions prefix duration".split(" "),
    ..."port print json".split(" "),
  ],
  upgrade: "from write function-role uploads-role no-uploads caller-user access json".split(" "),
} as const;

const COMMANDS = [
  "dev",
  "build",
  "serve",
  "sandbox",
  "explain",
  "test",
  "provision",
  "doctor",
  "smoke",
  "sidecar",
  "upgrade",
] as const;

let folder: string;
let accessFile: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "valet-"));
  accessFile = fileOf("access.yaml", ACCESS);
});

afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

async function run(...args: readonly string[]): Promise<{ code: number; out: string; error: string }> {
  return await runIn({ ACCESS_FILE: accessFile, OSS_BUCKET: "examplebucket" }, ...args);
}

async function runIn(environment: Record<string, string>, ...args: readonly string[]) {
  const [out, error]: [string[], string[]] = [[], []];
  const code = await valet(args, {
    environment,
    out: (text) => void out.push(text),
    error: (text) => void error.push(text),
    ask: undefined,
    question: undefined,
    colour: false,
    nowMs: () => NOW_MS,
    wait: async () => undefined,
  });
  return { code, out: out.join("\n"), error: error.join("\n") };
}

/** Header and claims as objects, or as JSON text. */
function tokenOf(claims: object | string, header: object = { alg: "ES256", typ: "at+jwt" }): string {
  const part = (value: object | string): string =>
    Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
  return `${part(header)}.${part(claims)}.c2lnbmF0dXJl`;
}

/** The checks that fail, by what explain prints. */
function failing(out: string): readonly (string | undefined)[] {
  return [...out.matchAll(/FAILS {3}([\w-]+):/g)].map(([, check]) => check);
}

describe("valet", () => {
  it("lists its commands", async () => {
    const { code, out } = await run("--help");
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(out).toContain(`\n  ${command} `);
    expect(await run()).toEqual({ code: 2, out, error: "" });
    expect(await run("help")).toEqual({ code: 0, out, error: "" });
  });

  it("prints the version of package.json", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly version: string };
    expect(await run("--version")).toEqual({ code: 0, out: version, error: "" });
  });

  it("loads a command when it is called, and no SDK or YAML parser for help", () => {
    const script = `
      const { valet } = await import("./cli/valet.ts");
      const nothing = () => {};
      const terminal = { environment: {}, out: nothing, error: nothing, nowMs: Date.now };
      const { createRequire } = await import("node:module");
      const loaded = () => [...new Set(Object.keys(createRequire(import.meta.url).cache)
        .flatMap((path) => /node_modules.(@alicloud|ali-oss|yaml)\\W/.exec(path)?.[1] ?? []))].sort();
      await valet(["--help"], terminal);
      const forHelp = loaded();
      await valet(["doctor", "--help"], terminal);
      process.stdout.write(JSON.stringify({ forHelp, forDoctor: loaded() }));`;
    const args = ["--import", "tsx", "--input-type=module", "--eval", script];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect({ stderr, ...JSON.parse(stdout) }).toEqual({
      stderr: "",
      forHelp: [],
      forDoctor: ["@alicloud", "ali-oss"],
    });
  });

  it.each(COMMANDS)("help %s, and %s --help, say how to call it and list each option", async (command) => {
    const help = await run("help", command);
    expect(help).toMatchObject({
      code: 0,
      out: expect.stringMatching(new RegExp(`^npm run valet -- ${command}\\b`)),
      error: "",
    });
    expect(await run(command, "--help")).toEqual(help);
    expect(await run(command, "-h")).toEqual(help);
    for (const option of OPTIONS[command]) expect(help.out).toMatch(new RegExp(`^  --${option}( |$)`, "m"));
    for (const line of help.out.split("\n")) expect(line.length).toBeLessThanOrEqual(120);
  });

  it.each(COMMANDS.filter((command) => (OPTIONS[command] as readonly string[]).includes("access")))(
    "%s suggests --access for a typo, as it takes it",
    async (command) => {
      expect(await run(command, "--acess", "x.yaml")).toEqual({
        code: 2,
        out: "",
        error: `valet ${command}: unknown option --acess. Did you mean --access?`,
      });
    },
  );

  it.each([
    [["tset"], 'valet: unknown command "tset". Did you mean "test"?'],
    [["help", "tset"], 'valet: unknown command "tset". Did you mean "test"?'],
    [["--verison"], 'valet: unknown command "--verison". Did you mean "--version"?'],
    [
      ["constructor"],
      /^valet: unknown command "constructor". Commands: init, dev, build, serve, sandbox, explain, test, /,
    ],
    [
      ["frobnicate"],
      'valet: unknown command "frobnicate". Commands: init, dev, build, serve, sandbox, explain, test, provision, doctor, smoke, sidecar, upgrade',
    ],
    [["explain", "--cliam", "sub=a"], "valet explain: unknown option --cliam. Did you mean --claim?"],
    [
      ["explain", "--frobnicate"],
      "valet explain: unknown option --frobnicate. All options: npm run valet -- explain --help",
    ],
    [
      ["explain", "--__proto__", "x"],
      "valet explain: unknown option --__proto__. All options: npm run valet -- explain --help",
    ],
    [["explain", "-c"], "valet explain: unknown option -c. All options: npm run valet -- explain --help"],
    [["test", "--jsno"], "valet test: unknown option --jsno. Did you mean --json?"],
    [["test", "--json=yes"], "valet test: --json takes no value: write --json alone"],
    [["test", "all"], 'valet test: unexpected argument "all": test takes options only'],
    [["test", "--access"], "valet test: --access needs a value: --access FILE"],
    [["test", "--access="], "valet test: --access needs a file: --access access.yaml"],
    [
      ["test", "--access", "--json"],
      "valet test: --access needs a value, and --json looks like an option: write --access FILE, or --access=--json",
    ],
    [
      ["explain", "--issuer", "login"],
      'valet explain: needs a user: write --claim sub=alice, --claims \'{"sub":"alice"}\' or --token JWT',
    ],
    [
      ["explain", "--claim", "sub=a", "--claims", "{}"],
      "valet explain: takes only one of --token, --claims and --claim",
    ],
    [
      ["explain", "--claim", "sub", "--issuer", "login"],
      "valet explain: --claim sub has no name and value: write --claim sub=alice",
    ],
    [
      ["explain", "--claim", "a=b", "--claim", "a=c", "--issuer", "login"],
      `valet explain: --claim a appears twice; write a list as --claim 'a:=["red","blue"]'`,
    ],
    [
      ["explain", "--claim", "a:=[", "--issuer", "login"],
      "valet explain: --claim a is not valid JSON; in a shell, put single quotes around it",
    ],
    [
      ["explain", "--claims", "[1]", "--issuer", "login"],
      `valet explain: --claims must be a JSON object, such as '{"sub":"alice"}'`,
    ],
    [
      ["explain", "--claim", "sub=a"],
      "valet explain: needs --issuer: login or partner. The same user ID at two issuers means two users",
    ],
    [
      ["explain", "--claim", "sub=a", "--issuer", "logn"],
      "valet explain: --issuer logn is not in access.yaml; write login",
    ],
    [
      ["explain", "--token", "abc"],
      'valet explain: --token is not a JWT: write the token without "Bearer ": three parts of base64url separated by dots, the first two of them JSON',
    ],
    [
      ["explain", "reed", "a", "--claim", "sub=a", "--issuer", "login"],
      'valet explain: the permission is "reed"; write read',
    ],
    [
      ["explain", "read", "--claim", "sub=a", "--issuer", "login"],
      "valet explain: read needs a key: read users/alice/a.jpg",
    ],
    [
      ["explain", "read", "/a", "--claim", "sub=a", "--issuer", "login"],
      'valet explain: keys do not begin with "/": write read a',
    ],
    [
      ["explain", "read", "a", "b", "--claim", "sub=a", "--issuer", "login"],
      "valet explain: takes one permission and one key; delete b",
    ],
    [
      ["explain", "--key", "a", "--claim", "sub=a", "--issuer", "login"],
      "valet explain: --key needs --permission read (or write, list, delete)",
    ],
    [
      ["explain", "--prefix", "a", "--claim", "sub=a", "--issuer", "login"],
      'valet explain: --prefix must end in "/"; write "a/"',
    ],
    [
      ["explain", "--duration", "60", "--claim", "sub=a", "--issuer", "login"],
      "valet explain: --duration must be a whole number of seconds, 900 or more",
    ],
    [
      ["explain", "--permissions", "raed", "--claim", "sub=a", "--issuer", "login"],
      'valet explain: --permissions is "raed"; write read',
    ],
    [
      ["explain", "--source-ip", "999.1", "--claim", "sub=a", "--issuer", "login"],
      'valet explain: --source-ip is "999.1"; write an IP address, such as 203.0.113.7',
    ],
    [
      ["explain", "--source-ip", "fe80::1%eth0", "--claim", "sub=a", "--issuer", "login"],
      'valet explain: --source-ip is "fe80::1%eth0"; write an IP address, such as 203.0.113.7',
    ],
    [
      ["explain", "--bucket", "Foo Bar", "--claim", "sub=a", "--issuer", "login"],
      'valet explain: --bucket is "Foo Bar"; write a bucket\'s name: 3 to 63 of a-z, 0-9 and -, such as examplebucket',
    ],
    [
      ["explain", "read oss://Foo/a", "--claim", "sub=a", "--issuer", "login"],
      'valet explain: the bucket is "Foo"; write a bucket\'s name: 3 to 63 of a-z, 0-9 and -, such as examplebucket',
    ],
    [
      ["test", "--bucket", "*"],
      'valet test: --bucket is "*"; write a bucket\'s name: 3 to 63 of a-z, 0-9 and -, such as examplebucket',
    ],
    [
      ["explain", "--role-policy", "/none", "--claim", "sub=a", "--issuer", "login"],
      "valet explain: --role-policy /none cannot be read; write the path of a JSON file",
    ],
  ] as const)("%j is called wrongly: exit code 2, and what to write", async (args, message) => {
    const { code, error, out } = await run(...args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(error).toEqual(typeof message === "string" ? message : expect.stringMatching(message));
  });

  it("tells every problem of a broken file, exit code 2", async () => {
    const path = fileOf("broken.yaml", "issuers: []\nrulse: [{ name: a }]\n");
    expect(await run("test", "--access", path)).toEqual({
      code: 2,
      out: "",
      error: [
        `${path}:1:1 issuers is an empty list; write at least one: - name: login`,
        `${path}:2:1 rulse is not known here; write rules`,
        `${path}:2:9 rulse[0] has no prefix; write prefix: the folder, such as "users/{sub}/"`,
      ].join("\n"),
    });
  });
});

describe("valet --json", () => {
  it.each(["test", "explain"])("%s tells a machine of a broken file, too", async (command) => {
    const path = fileOf("broken.json.yaml", "issuers: []\nrules: [{ name: a }]\n");
    const { code, out, error } = await run(command, "--access", path, "--json");
    expect({ code, error, ...JSON.parse(out) }).toEqual({
      code: 2,
      error: "",
      problems: [
        `${path}:1:1 issuers is an empty list; write at least one: - name: login`,
        `${path}:2:9 rules[0] has no prefix; write prefix: the folder, such as "users/{sub}/"`,
      ],
    });
  });
});

describe("valet test", () => {
  it("prints a table and ends with 0 where all promises are kept", async () => {
    const { code, out } = await run("test");
    expect(code).toBe(0);
    expect(out.split("\n").map((line) => line.replace(/ {2,}/g, " | "))).toEqual([
      " | test | expected | got | promise | because",
      'kept | {"sub":"alice"} | can | can | read login/alice/a | own folder; session policy: statement 0 allows oss:GetObject',
      'kept | {"sub":"alice"} | cannot | cannot | read login/bob/a | session policy: no statement allows oss:GetObject',
      "2 promises, all kept",
    ]);
  });

  it("ends with 1 where one is broken, in the table and as JSON", async () => {
    const path = fileOf(
      "promises.yaml",
      ACCESS.replace("cannot: [read login/bob/a]", "cannot: [read login/alice/a]"),
    );
    const { code, out } = await run("test", "--access", path);
    expect([code, out.split("\n").at(-1)]).toEqual([1, "1 of 2 promises broken"]);
    expect(out).toMatch(/^BROKEN /m);
    const json = await run("test", `--access=${path}`, "--json");
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({
      kept: 1,
      broken: 1,
      outcomes: [{ kept: true }, { kept: false, got: "can" }],
    });
  });

  it("says so where nothing is promised", async () => {
    const path = fileOf("silent.yaml", ACCESS.slice(0, ACCESS.indexOf("tests:")));
    expect(await run("test", "--access", path)).toMatchObject({
      code: 0,
      out: expect.stringContaining("There are no tests, so nothing was proven."),
    });
  });
});

describe("valet explain", () => {
  it("walks from the principal to the decision about a key", async () => {
    const { code, out } = await run(
      "explain",
      "read",
      "login/alice/a.jpg",
      "--claim",
      "sub=alice",
      "--issuer",
      "login",
    );
    expect(code).toBe(0);
    const lines = out.split("\n").map((line) => line.trimEnd());
    expect(lines.slice(0, 10)).toEqual([
      'principal       "alice" of login (https://login.example.com/)',
      '                claim sub: "alice"',
      "                {sub:hash} would be zalqouudr2brm72vflo32tslzfwpzdum",
      "session name    alice-c8170752838e83167f55",
      "rules           matches own folder: login/alice/",
      "                no      team: the token has no claim role",
      "                matches trial: trial/ (mode report: only logged, grants nothing)",
      "                no      at home: the rule needs the caller's IP address, which is unknown",
      "grant           read, write on examplebucket/login/alice/",
      "                for 3600 s, by own folder",
    ]);
    expect(lines.slice(-4)).toEqual([
      "decision        ALLOWED read login/alice/a.jpg",
      "                allowed: oss:GetObject on examplebucket/login/alice/a.jpg",
      "                  session policy: statement 0 allows oss:GetObject",
      "                  role policy: statement 1 allows oss:GetObject",
    ]);
  });

  it("shows the policy that AssumeRole would be given, and its size", async () => {
    const { out } = await run("explain", "--claim", "sub=alice", "--issuer", "login", "--json");
    const { policy } = JSON.parse(out) as { policy: { bytes: number; document: object } };
    expect(policy.bytes).toBe(JSON.stringify(policy.document).length);
    expect(policy.document).toEqual({
      Version: "1",
      Statement: [
        {
          Effect: "Allow",
          Action: ["oss:GetObject", "oss:PutObject", "oss:AbortMultipartUpload", "oss:ListParts"],
          Resource: "acs:oss:*:*:examplebucket/login/alice/*",
        },
      ],
    });
  });

  it.each([
    ["a neighbour's key", ["read", "login/bob/a", "--claim", "sub=alice"], "DENIED read login/bob/a"],
    [
      "a key that leads out of the folder",
      ["read login/alice/../bob/a", "--claim", "sub=alice"],
      "HTTP clients send this key as login/bob/a",
    ],
    [
      "a permission that no rule gives",
      ["delete", "login/alice/a", "--claim", "sub=alice"],
      "DENIED delete login/alice/a",
    ],
    [
      "a claim that is no safe segment",
      ["--claim", "sub=*"],
      "REFUSES own folder: claim sub has a character outside",
    ],
    [
      "a claim that is a number",
      ["--claim", "sub:=7"],
      "REFUSED CLAIM_INVALID (claim sub, problem is a number, not a string: write userType: integer)",
    ],
    [
      "more than was granted",
      ["--claim", "sub=alice", "--prefix", "login/bob/"],
      "REFUSED ACCESS_NOT_GRANTED",
    ],
    [
      "longer than the rules allow",
      ["--claim", "sub=alice", "--duration", "7200"],
      "REFUSED REQUEST_INVALID (field durationSeconds",
    ],
  ])("says no to %s: exit code 1", async (_what, args, words) => {
    const { code, out } = await run("explain", "--issuer", "login", ...args);
    expect(code).toBe(1);
    expect(out).toContain(words);
  });

  it("narrows as a request does, and knows whence it comes", async () => {
    const claims = '{"sub":"alice","role":["viewer","editor"],"team":"red"}';
    const { code, out } = await run(
      "explain",
      "list",
      "teams/red/",
      "--claims",
      claims,
      "--issuer",
      "login",
      "--source-ip",
      "198.51.100.7",
      "--permissions",
      "read, list",
      "--duration",
      "900",
    );
    expect(code).toBe(0);
    for (const line of [
      "asked for       permissions read, list; 900 s",
      "read, list on examplebucket/teams/red/",
      "read on examplebucket/home/, from 198.51.100.7 only",
      "for 900 s, by own folder, team, at home",
      "allowed: oss:ListObjects on examplebucket",
    ])
      expect(out).toContain(line);
  });

  it("says of a rule in report mode that it does nothing, also where it would refuse", async () => {
    const rule =
      '  - { name: squad, issuer: login, allow: [read], prefix: "squads/{squad}/", mode: report }\n';
    const path = fileOf("report.yaml", ACCESS.replace("tests:\n", `${rule}tests:\n`));
    const claims = ["--claim", "sub=alice", "--claim", "squad=*"];
    const { code, out } = await run("explain", "--access", path, "--issuer", "login", ...claims);
    expect(code).toBe(0);
    expect(out).toMatch(
      /REFUSES squad: claim squad has a character .*; the request is refused \(mode report: only logged, grants nothing\)\n/,
    );
  });

  it("judges with the role's own policy where it is given", async () => {
    const policy = (statement: object) =>
      JSON.stringify({
        Version: "1",
        Statement: [{ Effect: "Allow", Action: "oss:*", Resource: "*" }, statement],
      });
    const denying = fileOf(
      "role.json",
      policy({ Effect: "Deny", Action: "oss:*", Resource: "acs:oss:*:*:*/login/alice/*" }),
    );
    const args = ["explain", "read", "login/alice/a", "--claim", "sub=alice", "--issuer", "login"] as const;
    const { code, out } = await run(...args, "--role-policy", denying);
    expect(code).toBe(1);
    expect(out).toContain("role policy: statement 1 denies oss:GetObject");
    const malformed = fileOf("malformed.json", policy({ Effect: "Maybe" }));
    expect(await run(...args, "--role-policy", malformed)).toMatchObject({
      code: 2,
      error: expect.stringContaining("malformed.json: "),
    });
  });

  it("says that a token is unverified, and which of its checks fail for all to see", async () => {
    const seconds = Math.floor(NOW_MS / 1000);
    const good = {
      iss: "https://partner.example.net/",
      sub: "alice",
      aud: ["photo-app"],
      exp: seconds + 60,
      iat: seconds,
      scope: "x",
    };
    const explained = await run("explain", "--token", tokenOf(good));
    expect(explained).toMatchObject({
      code: 0,
      out: expect.stringContaining("App token       UNVERIFIED: only decoded"),
    });
    expect(explained.out).not.toContain("FAILS");
    const bad = {
      ...good,
      aud: "billing",
      exp: seconds - 3600,
      iat: seconds - 7200,
      nbf: seconds + 3600,
      scope: undefined,
    };
    const { code, out } = await run("explain", "--token", `Bearer ${tokenOf(bad, { alg: "HS256" })}`);
    expect(code).toBe(1);
    expect(failing(out)).toEqual([
      "algorithm",
      "type",
      "audience",
      "expiry",
      "not-before",
      "age",
      "required-claim",
    ]);
    expect(out).not.toContain(tokenOf(bad).slice(0, 30));
  });

  const SECONDS = Math.floor(NOW_MS / 1000);
  const GOOD = {
    iss: "https://partner.example.net/",
    sub: "alice",
    aud: "photo-app",
    exp: SECONDS + 60,
    iat: SECONDS,
    scope: "x",
  };
  const HEADER = { alg: "ES256", typ: "at+jwt" };
  const text = JSON.stringify(GOOD);

  it.each([
    ["exp in milliseconds", tokenOf({ ...GOOD, exp: NOW_MS + 60_000 }), "expiry"],
    ["exp of 1e999", tokenOf(text.replace(/"exp":\d+/, '"exp":1e999')), "expiry"],
    ["no exp", tokenOf({ ...GOOD, exp: undefined }), "expiry"],
    ["an exp that is over", tokenOf({ ...GOOD, exp: SECONDS - 60, iat: SECONDS - 120 }), "expiry"],
    ["iat after exp", tokenOf({ ...GOOD, iat: SECONDS + 20, exp: SECONDS + 10 }), "issued-at"],
    ["nbf before all time", tokenOf({ ...GOOD, nbf: -5 }), "not-before"],
    ["21 audiences", tokenOf({ ...GOOD, aud: Array(21).fill("photo-app") }), "audience"],
    ["a list of audiences without ours", tokenOf({ ...GOOD, aud: ["billing"] }), "audience"],
    ["a number among its audiences", tokenOf({ ...GOOD, aud: ["photo-app", 5] }), "audience"],
    ["sub twice", tokenOf(text.replace("{", '{"sub":"bob",')), "payload"],
    ["jku", tokenOf(GOOD, { ...HEADER, jku: "https://evil.example/" }), "critical-header"],
    ["jwk", tokenOf(GOOD, { ...HEADER, jwk: {} }), "critical-header"],
    ["b64", tokenOf(GOOD, { ...HEADER, b64: false }), "critical-header"],
    ["crit", tokenOf(GOOD, { ...HEADER, crit: ["x"] }), "critical-header"],
    ["alg none", tokenOf(GOOD, { ...HEADER, alg: "none" }), "algorithm"],
    ["a kid of 200 characters", tokenOf(GOOD, { ...HEADER, kid: "k".repeat(200) }), "key-id"],
    ["a typ that is a number", tokenOf(GOOD, { ...HEADER, typ: 5 }), "type"],
    ["an empty signature", tokenOf(GOOD).replace(/[^.]+$/, ""), "shape"],
    ["padding", tokenOf(GOOD).replace(/\.[^.]+$/, ".c2lnbmF0dXJl="), "shape"],
    ["bits that no byte has", tokenOf(GOOD).replace(/\.[^.]+$/, ".YR"), "encoding"],
    ["12 KB", tokenOf({ ...GOOD, pad: "x".repeat(9000) }), "length"],
  ])(
    "says no to a token that the function refuses unseen, and names the check: %s",
    async (_what, token, check) => {
      const { code, out } = await run("explain", "--token", token);
      expect([code, failing(out)]).toEqual([1, [check]]);
      expect(out).not.toContain(token.slice(0, 30));
    },
  );

  it("says nothing of deny's times where no iat is given, and names the entry where one fits", async () => {
    const path = fileOf(
      "denied.yaml",
      `${ACCESS}deny:\n  - { issuedBefore: "2026-11-23T08:00:00Z", reason: stolen key }\n  - { user: mallory, issuer: login }\n`,
    );
    const explained = (...claims: readonly string[]) =>
      run("explain", "--access", path, "--issuer", "login", ...claims.flatMap((one) => ["--claim", one]));
    expect((await explained("sub=alice")).code).toBe(0);
    const old = await explained("sub=alice", `iat:=${Date.UTC(2026, 10, 23, 7) / 1000}`);
    expect(old.code).toBe(1);
    expect(old.out).toContain("REFUSED TOKEN_INVALID (check denied)");
    expect(old.out).toContain("by deny[0] of access.yaml: stolen key\n");
    const denied = await explained("sub=mallory");
    expect(denied.code).toBe(1);
    expect(denied.out).toContain("by deny[1] of access.yaml\n");
  });

  it("refuses to guess whose token it is", async () => {
    const token = tokenOf({ iss: "https://login.example.com", sub: "alice" });
    expect(await run("explain", "--token", token)).toMatchObject({
      code: 2,
      error: expect.stringContaining(
        'the token\'s iss is "https://login.example.com", but access.yaml has only https://login.example.com/, ',
      ),
    });
    expect(await run("explain", "--token", token, "--issuer", "login")).toMatchObject({
      code: 1,
      out: expect.stringContaining("FAILS   issuer: iss is"),
    });
  });

  it("colours a terminal, and says the same without", async () => {
    const texts: string[] = [];
    const terminal = {
      environment: { ACCESS_FILE: accessFile },
      error: () => {},
      ask: undefined,
      question: undefined,
      nowMs: () => NOW_MS,
      wait: async () => undefined,
    };
    for (const colour of [true, false]) {
      await valet(["explain", "--claim", "sub=a", "--issuer", "login"], {
        ...terminal,
        colour,
        out: (text) => void texts.push(text),
      });
    }
    const [coloured = "", plain = ""] = texts;
    expect(coloured).toContain("\u001b[32mmatches");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences are what is taken away
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(plain);
  });

  it("names a rule that is for everybody who has signed in", async () => {
    const access = join(import.meta.dirname, "../../../examples/access/owner-writes-everybody-reads.yaml");
    const { code, out } = await run(
      "explain",
      "read",
      "avatars/bob/a.png",
      "--claim",
      "sub=alice",
      "--access",
      access,
    );
    expect(code).toBe(0);
    expect(out).toContain("matches everybody reads avatars: avatars/ (for everybody who has signed in)\n");
    expect(out).toContain("ALLOWED read avatars/bob/a.png\n");
    const denied = await run(
      "explain",
      "write",
      "avatars/bob/a.png",
      "--claim",
      "sub=alice",
      "--access",
      access,
    );
    expect(denied.out).toContain("DENIED write avatars/bob/a.png\n");
  });
});
