import { areMet, type ConditionContext } from "./conditions.ts";
import { asciiLowerCase, matches } from "./match.ts";
import { type PolicyKind, parsePolicy, type Statement } from "./policy-document.ts";
import { type Asker, names, namesEveryone, trustsCaller, trustsService } from "./principals.ts";

/** One thing that somebody wants to do. */
export interface AccessRequest {
  /** e.g. oss:PutObject */
  readonly action: string;
  /** e.g. acs:oss:*:1234567890123456:examplebucket/users/alice/a.jpg; the key as it is, not percent-encoded. */
  readonly resource: string;
  /** Condition keys, e.g. oss:Prefix, acs:SourceIp, acs:CurrentTime (ISO 8601), acs:SecureTransport. */
  readonly context: ConditionContext;
}

/** A policy's text and the name that decisions call it by. */
export interface NamedPolicy {
  readonly name: string;
  readonly document: string;
}

/** The policies that have a say in one request. */
export interface PolicyLayers {
  /** Attached to the user or role. */
  readonly identity: readonly NamedPolicy[];
  /** The policy of the AssumeRole call, or undefined for the whole role. */
  readonly session?: NamedPolicy | undefined;
  /** The bucket policy. */
  readonly resource?: NamedPolicy | undefined;
  /** Who asks, for the bucket policy's Principal, or undefined when nobody signed. */
  readonly principalArn?: string | undefined;
  /** The RAM user's id, which bucket policies name users by. */
  readonly principalId?: string | undefined;
}

/** Which policies a decision came from. */
export type PolicyLayer = "session policy" | "identity policy" | "resource policy" | "trust policy";

/** Allowed or not, which policy decided, and the reason in words. */
export interface Decision {
  readonly effect: "Allow" | "Deny";
  readonly kind: "Allow" | "ExplicitDeny" | "ImplicitDeny";
  readonly layer: PolicyLayer;
  /** The statement that decided, counted from 0, or undefined when none applied, which is the reason to deny. */
  readonly statement?: { readonly policy: string; readonly index: number } | undefined;
  /** e.g. `session policy: no statement allows oss:PutObject on acs:oss:*:123:examplebucket/users/bob/a.jpg` */
  readonly because: string;
}

/**
 * Decides a request. An explicit deny in any policy wins. A session policy, if there is one, must allow. Then the
 * identity policies or the bucket policy must allow. If several layers deny, the decision names the first of session,
 * identity and resource. Throws PolicyGrammarError. Source: RAM "Policy evaluation process".
 */
export function evaluate(request: AccessRequest, layers: PolicyLayers): Decision {
  const { identity, session, resource } = layers;
  const asker: Asker = { arn: layers.principalArn, userId: layers.principalId };
  const question = questionFrom(request);
  const applies = (statement: Statement) => covers(statement, question);
  const bySession = session && judge("session policy", [session], "identity", applies);
  const byIdentity = judge("identity policy", identity, "identity", applies);
  const byResource =
    resource &&
    judge(
      "resource policy",
      [resource],
      "stored resource",
      (statement) =>
        statement.principals !== undefined && names(statement.principals, asker) && applies(statement),
    );

  const verdict =
    refusal(bySession) ??
    explicitDeny(byIdentity) ??
    explicitDeny(byResource) ??
    (byIdentity.kind !== "Allow" && byResource?.kind === "Allow" ? byResource : byIdentity);
  return decision(verdict, request);
}

/**
 * AssumeRole's second gate: whether the role's trust policy names who asks. `accountId` is the one that `arn` belongs
 * to. Throws PolicyGrammarError. Source: RAM "Policy elements", Principal; "Edit the trust policy of a RAM role".
 */
export function trusts(
  trustPolicy: string,
  principal: { readonly arn: string; readonly accountId: string } | { readonly service: string },
  context: ConditionContext,
): Decision {
  const request: AccessRequest = {
    action: "sts:AssumeRole",
    resource: "service" in principal ? principal.service : principal.arn,
    context,
  };
  const question = questionFrom(request);
  const verdict = judge(
    "trust policy",
    [{ name: "trust policy", document: trustPolicy }],
    "trust",
    (statement) => {
      const { principals } = statement;
      if (principals === undefined || !coversAction(statement, question)) return false;
      const named =
        "service" in principal
          ? trustsService(principals, principal.service)
          : trustsCaller(principals, principal);
      return named && areMet(statement.conditions, context);
    },
  );
  return decision(verdict, request);
}

/**
 * The bucket policy's explicit deny of its own owner, or undefined. Only `Principal *` with a Condition reaches
 * the owner. Source: OSS "Bucket policy", usage notes.
 */
export function denialOfOwner(request: AccessRequest, bucketPolicy: NamedPolicy): Decision | undefined {
  const question = questionFrom(request);
  const verdict = judge(
    "resource policy",
    [bucketPolicy],
    "stored resource",
    (statement) =>
      statement.principals !== undefined &&
      namesEveryone(statement.principals) &&
      statement.conditions.length > 0 &&
      covers(statement, question),
  );
  return verdict.kind === "ExplicitDeny" ? decision(verdict, request) : undefined;
}

interface Verdict {
  readonly layer: PolicyLayer;
  readonly kind: Decision["kind"];
  readonly statement?: { readonly policy: string; readonly index: number };
}

function judge(
  layer: PolicyLayer,
  policies: readonly NamedPolicy[],
  kind: PolicyKind,
  applies: (statement: Statement) => boolean,
): Verdict {
  let allow: Verdict | undefined;
  for (const { name, document } of policies) {
    for (const [index, statement] of parsePolicy(document, kind).statements.entries()) {
      if (statement.effect === "Allow" && allow !== undefined) continue;
      if (!applies(statement)) continue;
      const where = { policy: name, index };
      if (statement.effect === "Deny") return { layer, kind: "ExplicitDeny", statement: where };
      allow = { layer, kind: "Allow", statement: where };
    }
  }
  return allow ?? { layer, kind: "ImplicitDeny" };
}

/** A request, made ready for comparisons: once, and not again for every statement. */
interface Question extends AccessRequest {
  /** In lower case. Source: RAM "Policy elements": actions compare without case, "in most cases"; here always. */
  readonly action: string;
}

function questionFrom(request: AccessRequest): Question {
  return { ...request, action: asciiLowerCase(request.action) };
}

function covers(statement: Statement, question: Question): boolean {
  return (
    coversAction(statement, question) &&
    statement.resources.some((pattern) => coversResource(pattern, question.resource)) &&
    areMet(statement.conditions, question.context)
  );
}

function coversAction({ actions }: Statement, { action }: Question): boolean {
  return actions.patterns.some((pattern) => matches(pattern, action)) !== actions.except;
}

/** Keys and buckets compare with regard to case (assumption); roles without, as their names do. */
function coversResource(pattern: string, resource: string): boolean {
  return resource.startsWith("acs:ram:") && resource.split(":")[4]?.startsWith("role/") === true
    ? matches(asciiLowerCase(pattern), asciiLowerCase(resource))
    : matches(pattern, resource);
}

function refusal(verdict: Verdict | undefined): Verdict | undefined {
  return verdict?.kind === "Allow" ? undefined : verdict;
}

function explicitDeny(verdict: Verdict | undefined): Verdict | undefined {
  return verdict?.kind === "ExplicitDeny" ? verdict : undefined;
}

function decision({ layer, kind, statement }: Verdict, request: AccessRequest): Decision {
  const what =
    layer === "trust policy"
      ? `${request.action} by ${request.resource}`
      : `${request.action} on ${request.resource}`;
  const verb = kind === "ExplicitDeny" ? "denies" : "allows";
  const who =
    statement === undefined ? "no statement" : `statement ${statement.index} of ${statement.policy}`;
  return {
    effect: kind === "Allow" ? "Allow" : "Deny",
    kind,
    layer,
    ...(statement === undefined ? {} : { statement }),
    because: `${layer}: ${who} ${verb} ${what}`,
  };
}
