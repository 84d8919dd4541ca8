/**
 * RAM's policy evaluation once more, on purpose in another way than sandbox/ram: straight from the rules, by
 * recursion over characters, with nothing parsed ahead or kept. It shares no code with it, so that a mistake in one
 * shows as a disagreement. Slow on patterns of many stars; takes well-formed policies only, as objects.
 */
export function naiveDecision(request: NaiveRequest, layers: NaiveLayers): NaiveDecision {
  const say = (policies: readonly object[], mine: (statement: NaiveStatement) => boolean) => {
    const effects = policies
      .flatMap((policy) => (policy as { Statement: NaiveStatement[] }).Statement)
      .filter((statement) => mine(statement) && isAbout(statement, request))
      .map((statement) => statement.Effect);
    return effects.includes("Deny") ? "ExplicitDeny" : effects.includes("Allow") ? "Allow" : "ImplicitDeny";
  };
  const session = layers.session === undefined ? "Allow" : say([layers.session], () => true);
  if (session !== "Allow") return { kind: session, layer: "session policy" };
  const identity = say(layers.identity, () => true);
  if (identity === "ExplicitDeny") return { kind: identity, layer: "identity policy" };
  const resource =
    layers.resource === undefined
      ? "ImplicitDeny"
      : say([layers.resource], (statement) => bucketNames(statement.Principal, layers));
  if (resource === "ExplicitDeny") return { kind: resource, layer: "resource policy" };
  if (identity === "Allow") return { kind: identity, layer: "identity policy" };
  return resource === "Allow"
    ? { kind: resource, layer: "resource policy" }
    : { kind: "ImplicitDeny", layer: "identity policy" };
}

/** Whether a trust policy lets the caller, or the service, assume its role. */
export function naiveTrust(
  trustPolicy: object,
  principal: { readonly arn: string; readonly accountId: string } | { readonly service: string },
  context: Readonly<Record<string, string>>,
): NaiveDecision["kind"] {
  const effects = (trustPolicy as { Statement: NaiveStatement[] }).Statement.filter((statement) => {
    const trusted = statement.Principal as { RAM?: OneOrMore; Service?: OneOrMore };
    const named =
      "service" in principal
        ? list(trusted.Service).some((service) => service === principal.service)
        : list(trusted.RAM).some((arn) => isThatOne(arn, principal));
    return named && actionFits(statement, "sts:AssumeRole") && conditionsHold(statement, context);
  }).map((statement) => statement.Effect);
  return effects.includes("Deny") ? "ExplicitDeny" : effects.includes("Allow") ? "Allow" : "ImplicitDeny";
}

interface NaiveRequest {
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string>>;
}

interface NaiveLayers {
  readonly identity: readonly object[];
  readonly session: object | undefined;
  readonly resource: object | undefined;
  readonly principalArn: string | undefined;
  readonly principalId: string | undefined;
}

interface NaiveDecision {
  readonly kind: "Allow" | "ExplicitDeny" | "ImplicitDeny";
  readonly layer: "session policy" | "identity policy" | "resource policy";
}

type OneOrMore = string | readonly string[] | undefined;

interface NaiveStatement {
  readonly Effect: "Allow" | "Deny";
  readonly Action?: OneOrMore;
  readonly NotAction?: OneOrMore;
  readonly Resource?: OneOrMore;
  readonly Principal?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMore>>>>;
}

function isAbout(statement: NaiveStatement, request: NaiveRequest): boolean {
  if (!actionFits(statement, request.action)) return false;
  const aboutRole =
    request.resource.split(":")[1] === "ram" && request.resource.split(":")[4]?.startsWith("role/");
  const fits = list(statement.Resource).some((pattern) =>
    aboutRole
      ? glob([...pattern.toUpperCase()], [...request.resource.toUpperCase()])
      : glob([...pattern], [...request.resource]),
  );
  return fits && conditionsHold(statement, request.context);
}

function actionFits(statement: NaiveStatement, action: string): boolean {
  const fits = (patterns: OneOrMore) =>
    list(patterns).some((pattern) => glob([...pattern.toUpperCase()], [...action.toUpperCase()]));
  return statement.NotAction === undefined ? fits(statement.Action) : !fits(statement.NotAction);
}

function glob(pattern: readonly string[], text: readonly string[], at = 0, from = 0): boolean {
  if (at === pattern.length) return from === text.length;
  if (pattern[at] === "*") {
    return glob(pattern, text, at + 1, from) || (from < text.length && glob(pattern, text, at, from + 1));
  }
  const fits = from < text.length && (pattern[at] === "?" || pattern[at] === text[from]);
  return fits && glob(pattern, text, at + 1, from + 1);
}

function conditionsHold(statement: NaiveStatement, context: Readonly<Record<string, string>>): boolean {
  for (const [operator, block] of Object.entries(statement.Condition ?? {})) {
    for (const [key, operands] of Object.entries(block)) {
      const given = Object.entries(context).find(([name]) => name === key)?.[1];
      if (!holds(operator, given, list(operands))) return false;
    }
  }
  return true;
}

function holds(operator: string, given: string | undefined, operands: readonly string[]): boolean {
  if (/Not/.test(operator)) return !holds(operator.replace("Not", ""), given, operands);
  const text = given ?? "";
  return operands.some((operand) => {
    switch (operator) {
      case "StringEquals":
        return text === operand;
      case "StringEqualsIgnoreCase":
        return text.toUpperCase() === operand.toUpperCase();
      case "StringLike":
        return glob([...operand], [...text]);
      case "Bool":
        return given === operand;
      case "IpAddress":
      case "IpAddressIncludeBorder":
        return given !== undefined && sameNetwork(given, operand);
      default:
        return given !== undefined && inOrder(operator, given, operand);
    }
  });
}

function inOrder(operator: string, given: string, operand: string): boolean {
  const difference = operator.startsWith("Date")
    ? moment(given) - moment(operand)
    : (/^-?[\d.]+$/.test(given) ? Number(given) : Number.NaN) - Number(operand);
  switch (operator.replace(/^(Numeric|Date)/, "")) {
    case "Equals":
      return difference === 0;
    case "LessThan":
      return difference < 0;
    case "LessThanEquals":
      return difference <= 0;
    case "GreaterThan":
      return difference > 0;
    case "GreaterThanEquals":
      return difference >= 0;
    default:
      throw new Error(`no such operator: ${operator}`);
  }
}

/** Seconds; NaN: not an ISO 8601 date with a zone. */
function moment(text: string): number {
  const parts = /^(\d+)-(\d+)-(\d+)T(\d+):(\d+)(?::(\d+))?(?:Z|([+-])(\d+):(\d+))$/.exec(text);
  if (parts === null) return Number.NaN;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map((n) => Number(n ?? 0));
  const zoneMinutes = Number(`${parts[7] ?? "+"}1`) * (Number(parts[8] ?? 0) * 60 + Number(parts[9] ?? 0));
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - zoneMinutes * 60;
}

function sameNetwork(given: string, operand: string): boolean {
  const [network = "", length] = operand.split("/");
  const left = bits(given);
  const right = bits(network);
  if (left === undefined || right === undefined || left.length !== right.length) return false;
  const compared = length === undefined ? right.length : Number(length);
  return left.slice(0, compared) === right.slice(0, compared);
}

/** An address as 32 or 128 zeros and ones; undefined: none. */
function bits(address: string): string | undefined {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (mapped !== undefined) return bits(mapped);
  const binary = (numbers: readonly number[], width: number) =>
    numbers.map((number) => number.toString(2).padStart(width, "0")).join("");
  if (/^\d+(\.\d+){3}$/.test(address)) return binary(address.split(".").map(Number), 8);
  if (!/^[0-9a-f:]+$/i.test(address) || !address.includes(":")) return undefined;
  const [head = "", tail] = address.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const zeros = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array.from({ length: zeros }, () => "0"), ...groups(tail ?? "")];
  return binary(
    all.map((group) => Number.parseInt(group, 16)),
    16,
  );
}

function isThatOne(trusted: string, caller: { readonly arn: string; readonly accountId: string }): boolean {
  const [, , , account, name = ""] = trusted.split(":");
  if (account !== caller.accountId) return false;
  if (name === "root") return true;
  const [kind, wanted = ""] = name.split("/");
  const [callerKind, callerName = ""] = (caller.arn.split(":")[4] ?? "").split("/");
  if (kind !== callerKind) return false;
  return kind === "role" ? wanted.toUpperCase() === callerName.toUpperCase() : wanted === callerName;
}

function bucketNames(principal: unknown, layers: NaiveLayers): boolean {
  const [, , , account = "", who = ""] = (layers.principalArn ?? "").split(":");
  const [kind, name = "", session] = who.split("/");
  return list(principal as OneOrMore).some((wanted) => {
    if (wanted === "*") return true;
    if (/^\d+$/.test(wanted)) {
      return (layers.principalId ?? "nobody") === wanted || (kind === "root" && account === wanted);
    }
    if (kind !== "role" || session === undefined) return false;
    const [front = "", role = "", ...rest] = wanted.split("/");
    return glob(
      [...`${front}/${role.toUpperCase()}/${rest.join("/")}`],
      [...`arn:sts::${account}:assumed-role/${name.toUpperCase()}/${session}`],
    );
  });
}

function list(value: OneOrMore): readonly string[] {
  return value === undefined ? [] : typeof value === "string" ? [value] : value;
}
