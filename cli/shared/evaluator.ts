import { evaluate, type PolicyLayer } from "../../sandbox/ram/evaluate.ts";
import { matches } from "../../sandbox/ram/match.ts";
import { LIST_ACTION, OBJECT_ACTIONS, type Permission } from "../../shared/domain/ram/ram-policy.ts";

/** May somebody do this? For `list`, `key` is the prefix that is listed. */
export interface Question {
  readonly permission: Permission;
  readonly bucket: string;
  readonly key: string;
}

/** The two policies that must both allow: what AssumeRole was given, and what the role has. As JSON text. */
export interface Policies {
  readonly session: string;
  readonly role: string;
}

export interface Judgement {
  /** partly: some of the permission's actions only, such as a PutObject without its AbortMultipartUpload. */
  readonly verdict: "allowed" | "denied" | "partly";
  readonly actions: readonly ActionJudgement[];
}

export interface ActionJudgement {
  readonly action: string;
  /** `bucket/key`; for a listing, the bucket. */
  readonly resource: string;
  readonly allowed: boolean;
  /** What the session policy, then the role's policy says, each on its own. */
  readonly voices: readonly [Voice, Voice];
}

export interface Voice {
  readonly layer: PolicyLayer;
  readonly effect: "Allow" | "Deny";
  /** Counted from 0; undefined: no statement speaks of it, which is a no. */
  readonly statement: number | undefined;
}

/** Any account: bucket names are globally unique, and our policies leave the owner open. */
const OWNER = "1234567890123456";

/**
 * Asks the sandbox's evaluator, which shares no code with what renders policies: each action of the permission must
 * be allowed by the session policy and by the role's. The request comes over TLS from `sourceIp`. Throws
 * PolicyGrammarError for a role policy that RAM would not take.
 */
export function judge(
  question: Question,
  policies: Policies,
  request: { readonly sourceIp: string },
): Judgement {
  const { permission, bucket } = question;
  const key = sentKey(question);
  const names = permission === "list" ? [LIST_ACTION] : OBJECT_ACTIONS[permission];
  const actions = names.map((action): ActionJudgement => {
    const resource = permission === "list" ? bucket : `${bucket}/${key}`;
    const context = {
      "acs:SourceIp": request.sourceIp,
      "acs:SecureTransport": "true",
      ...(permission === "list" ? { "oss:Prefix": key } : {}),
    };
    const asked = { action, resource: `acs:oss:*:${OWNER}:${resource}`, context };
    const session = { name: "session policy", document: policies.session };
    const role = { name: "role policy", document: policies.role };
    const voiceOf = (layer: PolicyLayer, policy: typeof session): Voice => {
      const { effect, statement } = evaluate(asked, { identity: [policy] });
      return { layer, effect, statement: statement?.index };
    };
    return {
      action,
      resource,
      allowed: evaluate(asked, { identity: [role], session }).effect === "Allow",
      voices: [voiceOf("session policy", session), voiceOf("identity policy", role)],
    };
  });
  const allowed = actions.filter((action) => action.allowed).length;
  return {
    verdict: allowed === actions.length ? "allowed" : allowed === 0 ? "denied" : "partly",
    actions,
  };
}

/** What a role's policy alone says, without a session policy. `resource`: bucket and key. Over TLS, from any address. */
export function voiceOfRole(
  { action, resource }: { readonly action: string; readonly resource: string },
  role: string,
): Voice {
  const asked = {
    action,
    resource: `acs:oss:*:${OWNER}:${resource}`,
    context: { "acs:SecureTransport": "true" },
  };
  const { effect, statement } = evaluate(asked, { identity: [{ name: "role policy", document: role }] });
  return { layer: "identity policy", effect, statement: statement?.index };
}

/**
 * The key as it reaches OSS. HTTP clients resolve `.` and `..` in a URL's path before they send it (RFC 3986 section
 * 5.2.4), so that `users/alice/../bob/a.jpg` asks for bob's; a listed prefix stands in the query and stays as it is.
 */
export function sentKey({ permission, key }: Pick<Question, "permission" | "key">): string {
  if (permission === "list") return key;
  const steps = key.split("/");
  const kept: string[] = [];
  for (const [index, step] of steps.entries()) {
    if (step === "..") kept.pop();
    else if (step !== ".") kept.push(step);
    if (index === steps.length - 1 && (step === "." || step === "..")) kept.push("");
  }
  return kept.join("/");
}

/** e.g. `session policy, statement 0, allows oss:PutObject` */
export function voiceText({ layer, effect, statement }: Voice, action: string): string {
  const policy = layer === "identity policy" ? "role policy" : layer;
  if (statement === undefined) return `${policy}: no statement allows ${action}`;
  return `${policy}: statement ${statement} ${effect === "Allow" ? "allows" : "denies"} ${action}`;
}

/** Whether every text of one pattern is one of the other's, compared as texts: in doubt no. `*` any text, `?` one character. */
export function isWithin(narrow: string, wide: string): boolean {
  // A `?` would match a `*`, which stands for more than one character.
  return narrow === wide || (matches(wide, narrow) && !(wide.includes("?") && narrow.includes("*")));
}

/** Whether some text matches both patterns. Takes the product of their lengths in steps. */
export function canMeet(one: string, other: string): boolean {
  // By code points, as RAM's `?` counts them.
  const [left, right] = [[...one], [...other]];
  // From the end: whether what is left of one from i can meet what is left of the other from j, row by row.
  let below: boolean[] = [];
  for (let i = left.length; i >= 0; i -= 1) {
    const row: boolean[] = [];
    for (let j = right.length; j >= 0; j -= 1) {
      const [a, b] = [left[i], right[j]];
      if (a === undefined && b === undefined) row[j] = true;
      else if (a === "*" || b === "*")
        // The star takes a sign of the other, or nothing more.
        row[j] = (a !== undefined && below[j] === true) || (b !== undefined && row[j + 1] === true);
      else
        row[j] =
          a !== undefined && b !== undefined && (a === b || a === "?" || b === "?") && below[j + 1] === true;
    }
    below = row;
  }
  return below[0] === true;
}
