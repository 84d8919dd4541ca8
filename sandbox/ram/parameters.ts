import { type RpcCall, requiredParameter } from "../sts/gateway.ts";
import type { PolicyReference } from "../world.ts";
import { malformedPolicy, wrongCharacters, wrongFormat, wrongLength, wrongValue } from "./errors.ts";
import { policyGrammarProblem } from "./policy-document.ts";

/** Characters. Source: CreatePolicy, PolicyDocument; for trust policies an assumption. */
export const MAX_POLICY_LENGTH = 6144;

/** Letters, digits, `. - _`, 1 to 64. Source: CreateUser, UserName. */
export function userNameFrom(call: RpcCall, parameter = "UserName"): string {
  return checkedName(requiredParameter(call, parameter), parameter, 64, /^[\w.-]+$/);
}

/** Letters, digits, `. -`, 1 to 64. Source: CreateRole, RoleName. */
export function roleNameFrom(call: RpcCall): string {
  return checkedName(requiredParameter(call, "RoleName"), "RoleName", 64, /^[A-Za-z0-9.-]+$/);
}

/** Letters, digits, `-`, 1 to 128. Source: CreatePolicy, PolicyName. */
export function policyNameFrom(call: RpcCall): string {
  return checkedName(requiredParameter(call, "PolicyName"), "PolicyName", 128, /^[A-Za-z0-9-]+$/);
}

/** e.g. v1. Source: RAM "Error messages", InvalidParameter.VersionId.Format. */
export function versionIdFrom(call: RpcCall): string {
  const versionId = requiredParameter(call, "VersionId");
  if (!/^v[1-9]\d{0,8}$/.test(versionId)) throw wrongFormat("VersionId");
  return versionId;
}

/** System or Custom, with regard to case. */
export function policyTypeFrom(call: RpcCall): PolicyReference["type"] {
  return oneOf(requiredParameter(call, "PolicyType"), ["System", "Custom"], "PolicyType");
}

/** The value, if it is one of those allowed. */
export function oneOf<Value extends string>(
  value: string,
  allowed: readonly Value[],
  parameter: string,
): Value {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw wrongValue(parameter);
  return found;
}

/** An optional text; an empty one counts as none. `maxLength` in characters. */
export function optionalText(call: RpcCall, parameter: string, maxLength: number): string | undefined {
  const text = call.params.get(parameter);
  if (text === undefined || text === "") return undefined;
  if (text.length > maxLength) throw wrongLength(parameter);
  return text;
}

/** true or false, in any case; false where absent. */
export function optionalFlag(call: RpcCall, parameter: string): boolean {
  const text = call.params.get(parameter);
  if (text === undefined || text === "") return false;
  return oneOf(text.toLowerCase(), ["true", "false"], parameter) === "true";
}

/** A whole number between the limits; undefined when absent. */
export function optionalNumber(
  call: RpcCall,
  parameter: string,
  limits: { readonly min: number; readonly max: number },
): number | undefined {
  const text = call.params.get(parameter);
  if (text === undefined || text === "") return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= limits.min && value <= limits.max)) throw wrongValue(parameter);
  return value;
}

/** A policy's text, as it will be stored: its length and grammar checked. */
export function policyTextFrom(call: RpcCall, parameter: string, kind: "identity" | "trust"): string {
  const text = requiredParameter(call, parameter);
  if (text.length > MAX_POLICY_LENGTH) throw wrongLength(parameter);
  const problem = policyGrammarProblem(text, kind);
  if (problem !== undefined) throw malformedPolicy(problem);
  return text;
}

function checkedName(name: string, parameter: string, maxLength: number, form: RegExp): string {
  if (name.length > maxLength) throw wrongLength(parameter);
  if (!form.test(name)) throw wrongCharacters(parameter);
  return name;
}
