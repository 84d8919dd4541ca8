import { BlockList, isIPv4, isIPv6 } from "node:net";
import { asciiLowerCase, matches } from "./match.ts";

/** One line of a Condition block: an operator, a key, and the values that are OR-ed. */
export interface Condition {
  /** e.g. StringLike */
  readonly operator: string;
  /** e.g. oss:Prefix; compared with regard to case: assumption. */
  readonly key: string;
  /** True when it is met, or undefined when the request has no such key. */
  readonly isMetBy: (value: string | undefined) => boolean;
}

/** Values of condition keys of one request, e.g. `{ "oss:Prefix": "users/alice/" }`. */
export type ConditionContext = Readonly<Record<string, string>>;

/**
 * The condition, or in words what is wrong with it: an operator that RAM does not have, or a value that its operator
 * cannot read. Operators: RAM "Conditional operators"; that RAM refuses an unreadable value: assumption.
 */
export function conditionFrom(
  operatorName: string,
  key: string,
  values: readonly string[],
): Condition | { readonly problem: string } {
  const operator = OPERATORS.get(operatorName);
  if (operator === undefined) return { problem: `RAM has no condition operator ${operatorName}` };
  const tests: ((value: string) => boolean)[] = [];
  for (const value of values) {
    const test = operator.comparison(value);
    if (test === undefined) return { problem: `${operatorName} ${key}: cannot read the value "${value}"` };
    tests.push(test);
  }
  return {
    operator: operatorName,
    key,
    isMetBy: (given) => {
      const value = given ?? operator.absentMeans;
      const matchesOne = value !== undefined && tests.some((test) => test(value));
      return operator.negated ? !matchesOne : matchesOne;
    },
  };
}

/** Whether every condition is met: blocks and keys are AND-ed. Source: RAM "Policy elements", Condition. */
export function areMet(conditions: readonly Condition[], context: ConditionContext): boolean {
  return conditions.every(({ key, isMetBy }) =>
    isMetBy(Object.hasOwn(context, key) ? context[key] : undefined),
  );
}

/** What one operand of a policy asks of a request's value, or undefined when the operand cannot be read. */
type Comparison = (operand: string) => ((value: string) => boolean) | undefined;

interface Operator {
  /** Met where *no* value matches. */
  readonly negated: boolean;
  /**
   * What a missing key counts as, or undefined when it matches nothing. Strings count as empty, because the documents write
   * `StringLike … ["*"]` for "any or none" and let `StringNotLike acs:SourceVpc ["vpc-*"]` hold for internet traffic;
   * the rest is assumption.
   */
  readonly absentMeans: string | undefined;
  readonly comparison: Comparison;
}

const equals: Comparison = (operand) => (value) => value === operand;
const equalsIgnoringCase: Comparison = (operand) => (value) =>
  asciiLowerCase(value) === asciiLowerCase(operand);
const like: Comparison = (operand) => (value) => matches(operand, value);

const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ["StringEquals", ofStrings(equals)],
  ["StringNotEquals", not(ofStrings(equals))],
  ["StringEqualsIgnoreCase", ofStrings(equalsIgnoringCase)],
  ["StringNotEqualsIgnoreCase", not(ofStrings(equalsIgnoringCase))],
  ["StringLike", ofStrings(like)],
  ["StringNotLike", not(ofStrings(like))],
  ...ordered("Numeric", numberFrom),
  ...ordered("Date", dateFrom),
  ["Bool", { negated: false, absentMeans: undefined, comparison: sameBoolean }],
  ["IpAddress", ofAddresses()],
  ["NotIpAddress", not(ofAddresses())],
  // Seen in the language of implementations, not in the current documents: the first and last address of a block
  // count. Here they always do (assumption).
  ["IpAddressIncludeBorder", ofAddresses()],
  ["NotIpAddressIncludeBorder", not(ofAddresses())],
]);

function ofStrings(comparison: Comparison): Operator {
  return { negated: false, absentMeans: "", comparison };
}

function ofAddresses(): Operator {
  return { negated: false, absentMeans: undefined, comparison: addressIn };
}

function not(operator: Operator): Operator {
  return { ...operator, negated: true };
}

/** The six operators of a type whose values have an order. */
function ordered(type: string, read: (text: string) => number | undefined): [string, Operator][] {
  const comparing = (holds: (value: number, operand: number) => boolean): Operator => ({
    negated: false,
    absentMeans: undefined,
    comparison: (operandText) => {
      const operand = read(operandText);
      if (operand === undefined) return undefined;
      return (valueText) => {
        const value = read(valueText);
        return value !== undefined && holds(value, operand);
      };
    },
  });
  const equal = comparing((value, operand) => value === operand);
  return [
    [`${type}Equals`, equal],
    [`${type}NotEquals`, not(equal)],
    [`${type}LessThan`, comparing((value, operand) => value < operand)],
    [`${type}LessThanEquals`, comparing((value, operand) => value <= operand)],
    [`${type}GreaterThan`, comparing((value, operand) => value > operand)],
    [`${type}GreaterThanEquals`, comparing((value, operand) => value >= operand)],
  ];
}

function numberFrom(text: string): number | undefined {
  return /^-?\d{1,30}(\.\d{1,30})?$/.test(text) ? Number(text) : undefined;
}

/** Milliseconds since the epoch, of ISO 8601 with a zone: 2019-08-12T17:00:00+08:00. */
function dateFrom(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

function sameBoolean(operand: string): ((value: string) => boolean) | undefined {
  return operand === "true" || operand === "false" ? (value) => value === operand : undefined;
}

function addressIn(operand: string): ((value: string) => boolean) | undefined {
  const block = addressBlockFrom(operand);
  if (block === undefined) return undefined;
  return (value) => {
    const family = familyOf(value);
    if (family === undefined) return false;
    // BlockList finds IPv4 addresses in `::/0`; a block speaks of its own family alone (assumption).
    const isIPv4Address = family === "ipv4" || MAPPED_IPV4.check(value, family);
    return isIPv4Address === (block.family === "ipv4") && block.list.check(value, family);
  };
}

const MAPPED_IPV4 = new BlockList();
MAPPED_IPV4.addSubnet("::ffff:0:0", 96, "ipv6");

function addressBlockFrom(operand: string): { family: "ipv4" | "ipv6"; list: BlockList } | undefined {
  const [address = "", length, ...rest] = operand.split("/");
  const family = familyOf(address);
  if (family === undefined || rest.length > 0) return undefined;
  const list = new BlockList();
  if (length === undefined) {
    list.addAddress(address, family);
    return { family, list };
  }
  if (!/^\d{1,3}$/.test(length) || Number(length) > (family === "ipv4" ? 32 : 128)) return undefined;
  list.addSubnet(address, Number(length), family);
  return { family, list };
}

function familyOf(address: string): "ipv4" | "ipv6" | undefined {
  if (isIPv4(address)) return "ipv4";
  // A zone ("fe80::1%eth0") says where a packet came in, not who sent it: BlockList does not read it.
  return isIPv6(address) && !address.includes("%") ? "ipv6" : undefined;
}
