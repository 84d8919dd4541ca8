/** A source of random choices that a seed repeats exactly. */
export interface Dice {
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number;
  /** True with the given probability, 0 to 1. */
  chance(probability: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
}

/** One thing that somebody wants to do. */
interface RandomRequest {
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string>>;
}

/** Random questions to an evaluator: requests, and the policies that have a say in each of them. */
interface RandomCase {
  /** Eight: the one that the policies were made from, and neighbours of it. */
  readonly requests: readonly RandomRequest[];
  readonly identity: readonly object[];
  readonly session: object | undefined;
  readonly resource: object | undefined;
  readonly principalArn: string | undefined;
  readonly principalId: string | undefined;
}

/** Mulberry32: small, and good enough to choose test cases with. */
export function diceFrom(seed: number): Dice {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    chance: (probability) => next() < probability,
    pick: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error("nothing to pick from");
      return item;
    },
  };
}

/**
 * A case aimed at the fence: patterns are made from the very text that they will be compared with, by one or two small
 * changes (a star, a question mark, a character more, less or in another case), values of conditions from values of
 * the request.
 */
export function randomCase(dice: Dice): RandomCase {
  const request = randomRequest(dice);
  const statement = (extra: object = {}) => randomStatement(dice, request, extra);
  const policy = (make: () => object) => ({
    Version: "1",
    Statement: Array.from({ length: 1 + dice.below(3) }, make),
  });
  const asker = randomAsker(dice);
  return {
    requests: [request, ...Array.from({ length: 7 }, () => neighbourOf(dice, request))],
    identity: Array.from({ length: dice.below(3) }, () => policy(() => statement())),
    session: dice.chance(0.5) ? policy(() => statement()) : undefined,
    resource: dice.chance(0.5)
      ? policy(() => statement({ Principal: bucketPrincipals(dice, asker.principalArn) }))
      : undefined,
    ...asker,
  };
}

/** A trust policy and who asks, aimed at the fence likewise. */
export function randomTrust(dice: Dice): {
  readonly trustPolicy: object;
  readonly principal: { readonly arn: string; readonly accountId: string } | { readonly service: string };
  readonly context: Readonly<Record<string, string>>;
} {
  const accountId = dice.pick(ACCOUNTS);
  const arn = `acs:ram::${accountId}:${dice.pick([
    "root",
    `user/${dice.pick(ROLES)}`,
    `role/${dice.pick(ROLES)}`,
    `role/${dice.pick(ROLES)}/${dice.pick(ROLES)}`,
  ])}`;
  const context: Readonly<Record<string, string>> = dice.chance(0.5) ? { "sts:ExternalId": "app-1" } : {};
  const ram = () =>
    `acs:ram::${dice.pick(ACCOUNTS)}:${dice.pick(["root", `user/${dice.pick(ROLES)}`, `role/${dice.pick(ROLES)}`])}`;
  const statement = () => ({
    Effect: dice.chance(0.75) ? "Allow" : "Deny",
    Action: dice.chance(0.9) ? "sts:AssumeRole" : changed(dice, "sts:AssumeRole"),
    Principal: dice.chance(0.8)
      ? { RAM: Array.from({ length: 1 + dice.below(2) }, ram) }
      : { Service: dice.pick(SERVICES) },
    ...(dice.chance(0.3)
      ? {
          Condition: {
            [dice.pick(["StringEquals", "StringNotLike"])]: { "sts:ExternalId": changed(dice, "app-1") },
          },
        }
      : {}),
  });
  return {
    trustPolicy: { Version: "1", Statement: Array.from({ length: 1 + dice.below(3) }, statement) },
    principal: dice.chance(0.15) ? { service: dice.pick(SERVICES) } : { arn, accountId },
    context,
  };
}

const ACCOUNTS = ["1", "11", "2"];
const ROLES = ["a", "A", "ab", "root"];
const SERVICES = ["fc.aliyuncs.com", "ecs.aliyuncs.com"];
const KEYS = ["u/al/x", "u/al/", "u/al", "u/ali/x", "u/a", "u/al//", "u/../al/x", "u/*/x", "ü/😀", ""];
const CONTEXT: Readonly<Record<string, readonly string[]>> = {
  "oss:Prefix": ["u/al/", "u/al", "", "u/", "U/AL/", "u/al/x*"],
  "acs:SourceIp": [
    "10.1.0.0",
    "10.1.0.255",
    "10.1.1.0",
    "::ffff:10.1.0.1",
    "2001:db8::1",
    "2001:db9::",
    "nowhere",
  ],
  "acs:CurrentTime": ["2026-11-23T10:00:00Z", "2026-11-23T18:00:00+08:00", "2026-11-23T10:00:01Z", "now"],
  "acs:SecureTransport": ["true", "false"],
  "oss:days": ["9", "10", "10.0", "-10", "11", "ten"],
};
const OPERANDS: Readonly<Record<string, readonly string[]>> = {
  "acs:SourceIp": [
    "10.1.0.0/24",
    "10.1.0.0/31",
    "10.1.0.255",
    "0.0.0.0/0",
    "2001:db8::/32",
    "2001:db8::1",
    "::/0",
  ],
  "acs:CurrentTime": ["2026-11-23T10:00:00Z", "2026-11-23T09:59:59Z", "2026-11-23T12:00:00+02:00"],
  "acs:SecureTransport": ["true", "false"],
  "oss:days": ["10", "9", "-10", "10.5"],
};
const ORDERED = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"];
const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  "oss:Prefix": [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
  ],
  "acs:SourceIp": ["IpAddress", "NotIpAddress", "IpAddressIncludeBorder", "NotIpAddressIncludeBorder"],
  "acs:CurrentTime": ORDERED.map((name) => `Date${name}`),
  "acs:SecureTransport": ["Bool"],
  "oss:days": ORDERED.map((name) => `Numeric${name}`),
};

function randomRequest(dice: Dice): RandomRequest {
  const action = dice.pick(["oss:GetObject", "oss:PutObject", "oss:ListObjects", "sts:AssumeRole"]);
  const resource =
    action === "sts:AssumeRole"
      ? `acs:ram::${dice.pick(ACCOUNTS)}:role/${dice.pick(ROLES)}`
      : `acs:oss:*:${dice.pick(ACCOUNTS)}:b${action === "oss:ListObjects" ? "" : `/${dice.pick(KEYS)}`}`;
  const context: Record<string, string> = {};
  for (const [key, values] of Object.entries(CONTEXT)) {
    if (dice.chance(0.6)) context[key] = dice.pick(values);
  }
  return { action, resource, context };
}

/** The same request but for its action, its resource or its context. */
function neighbourOf(dice: Dice, request: RandomRequest): RandomRequest {
  const other = randomRequest(dice);
  return dice.pick([
    { ...request, action: other.action },
    { ...request, resource: other.resource },
    { ...request, resource: changed(dice, request.resource) },
    { ...request, context: other.context },
  ]);
}

function randomStatement(dice: Dice, request: RandomRequest, extra: object): object {
  const actions = oneOrTwo(dice, () =>
    dice.chance(0.5) ? "*" : dice.chance(0.5) ? request.action : changed(dice, request.action),
  );
  const valid = (pattern: string) =>
    pattern === "*" || /^acs:[^:]+:[^:]*:[^:]*:./s.test(pattern) ? pattern : "acs:oss:*:*:b/u/al/*";
  return {
    Effect: dice.chance(0.75) ? "Allow" : "Deny",
    ...(dice.chance(0.15) ? { NotAction: actions } : { Action: actions }),
    Resource: oneOrTwo(dice, () => (dice.chance(0.3) ? "*" : valid(changed(dice, request.resource)))),
    ...extra,
    ...(dice.chance(0.5) ? { Condition: randomCondition(dice, request.context) } : {}),
  };
}

function randomCondition(dice: Dice, context: Readonly<Record<string, string>>): object {
  const blocks: Record<string, Record<string, unknown>> = {};
  for (let count = 1 + dice.below(2); count > 0; count -= 1) {
    const key = dice.pick(Object.keys(OPERATORS));
    const operands = OPERANDS[key];
    blocks[dice.pick(OPERATORS[key] ?? [])] = {
      [key]: oneOrTwo(dice, () =>
        operands === undefined ? changed(dice, context[key] ?? "u/al/") : dice.pick(operands),
      ),
    };
  }
  return blocks;
}

/** The text with up to two small changes near its end, where folders differ; never an action or ARN of another form. */
function changed(dice: Dice, text: string): string {
  let characters = [...text];
  for (let count = dice.below(3); count > 0; count -= 1) {
    const at = Math.max(0, characters.length - 1 - dice.below(6));
    const character = characters[at] ?? "";
    const replacement = dice.pick([
      ["*"],
      ["?"],
      [],
      [character, "*"],
      [character, "?"],
      ["*", character],
      [character, "x"],
      [character.toUpperCase()],
      [character.toLowerCase()],
      ["*", "?", "*"],
    ]);
    characters = [...characters.slice(0, at), ...replacement, ...characters.slice(at + 1)];
  }
  return characters.join("");
}

function oneOrTwo(dice: Dice, make: () => string): string | readonly string[] {
  return dice.chance(0.7) ? make() : [make(), make()];
}

function randomAsker(dice: Dice): Pick<RandomCase, "principalArn" | "principalId"> {
  const account = dice.pick(ACCOUNTS);
  switch (dice.below(4)) {
    case 0:
      return { principalArn: undefined, principalId: undefined };
    case 1:
      return { principalArn: `acs:ram::${account}:root`, principalId: undefined };
    case 2:
      return { principalArn: `acs:ram::${account}:user/a`, principalId: "2000" };
    default:
      return {
        principalArn: `acs:ram::${account}:role/${dice.pick(ROLES)}/${dice.pick(ROLES)}`,
        principalId: undefined,
      };
  }
}

function bucketPrincipals(dice: Dice, arn: string | undefined): readonly string[] {
  const session = /^acs:ram::(\d+):role\/(.+)$/.exec(arn ?? "");
  const own = session === null ? "*" : `arn:sts::${session[1]}:assumed-role/${session[2]}`;
  return Array.from({ length: 1 + dice.below(2) }, () =>
    dice.pick([
      "*",
      "1",
      "2000",
      "2001",
      own,
      own.replace(/[^/]+$/, "*"),
      own.toUpperCase().startsWith("ARN")
        ? own.replace(/role\/[^/]+/, (role) => `role/${role.slice(5).toUpperCase()}`)
        : "*",
      "arn:sts::1:assumed-role/a/*",
      "arn:sts::*:*/*/*",
    ]),
  );
}
