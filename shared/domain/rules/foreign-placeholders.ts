import { flawOfClaimPath } from "./claim-path.ts";
import type { KnownClaims } from "./known-claims.ts";

/** A prefix as another product writes it, put into the words of this one. */
export interface Translation {
  /** What this product does not know, as it is written. */
  readonly foreign: readonly string[];
  /** The segments of the prefix that is probably right. */
  readonly segments: readonly string[];
  /** Whether the prefix ended with "and everything below", which every prefix means here. */
  readonly hasRest: boolean;
}

/**
 * Translates the placeholders of other products (Firebase's `{rest=**}`, RAM's and IAM's `${…:sub}`, `{{user}}`,
 * `:userId`, `$uid`, `auth.uid()` …), one segment at a time. undefined when the prefix has none, or one that means
 * nothing here.
 */
export function translationOf(
  parts: readonly string[],
  options: { readonly known: KnownClaims; readonly endsWithSlash: boolean },
): Translation | undefined {
  const { known, endsWithSlash } = options;
  const meanings = parts.map((part, index) =>
    index > 0 && index === parts.length - 1 && isFile(parts, endsWithSlash) ? "rest" : meaningOf(part, known),
  );
  if (meanings.every((meaning) => meaning === undefined)) return undefined;
  const rest = meanings.indexOf("rest");
  if (rest !== -1 && rest !== parts.length - 1) return undefined;
  const foreign: string[] = [];
  const segments: string[] = [];
  for (const [index, part] of parts.entries()) {
    const written = meanings[index] ?? plainMeaningOf(part, known);
    if (written !== undefined && written !== part) foreign.push(part);
    if (written !== "rest") segments.push(written ?? part);
  }
  return { foreign, segments, hasRest: rest !== -1 };
}

/** A name of another product's users is one here too, unless the file says that tokens have such a claim. */
function plainMeaningOf(part: string, known: KnownClaims): string | undefined {
  const name = /^\{([^{}]+)\}$/.exec(part)?.[1];
  if (name === undefined || name === "sub" || known.has(name)) return undefined;
  return isNameOfUser(withoutProvider(name)) ? `{${known.user}}` : undefined;
}

/** In Firebase's rules, `users/{userId}/{imageId}` is one file. So is `users/{sub}/*` elsewhere. The prefix ends before it. */
function isFile(parts: readonly string[], endsWithSlash: boolean): boolean {
  const [last = "", ...others] = [...parts].reverse();
  if (/^\*+$/.test(last)) return others.some((part) => /[{}<>$:%([]/.test(part));
  return !endsWithSlash && FILE.test(last);
}

const FILE =
  /^\{(?:file|image|photo|picture|video|doc|document|object|all|path)_?(?:name|id|path|paths|key)?\}(?:\.\w+)?$/i;

/** The placeholder that a segment with one of another product in it, and more text around it, probably needs. */
export function placeholderIn(part: string, known: KnownClaims): string {
  const inner = /\{\{\s*([^{}]+?)\s*\}\}|\{\s*([^{}]+?)\s*\}/.exec(part);
  return placeholderFor(inner?.[1] ?? inner?.[2] ?? "", known) ?? `{${known.user}}`;
}

/** The user's name in `auth.uid`, `identity.example.com:sub`; undefined for a name of something else. */
export function nameOfUserFrom(claim: string): string | undefined {
  const name = withoutProvider(claim);
  return isNameOfUser(name) ? name : undefined;
}

/** Whether another product calls the user so: `userId`, `uid`. */
function isNameOfUser(name: string): boolean {
  return USERS.has(name.toLowerCase().replace(/[^a-z]/g, ""));
}

/** Without case and without what joins words: user_id, userId and user-id are one. */
const USERS = new Set(
  "sub subject uid user userid username useruid identity identityid me self owner ownerid principal principalid currentuser".split(
    " ",
  ),
);

/** Placeholders for "any path", at the end of a prefix. */
const RESTS: readonly RegExp[] = [
  // Firebase, Google: {rest=**}. AWS: {proxy+}. Spring, Express, Go, ASP.NET: {*path}, {path*}, {path...}, {**path}.
  /^\{[\w-]*(?:=?\*\*?|\+|\.\.\.)\}$/,
  /^\{\*\*?[\w-]*\}$/,
  /^\$\{[\w-]*=?\*\*?\}$/,
  // Express, Rails: *path, :path*. Next.js: [...path]. Flask: <path:rest>.
  /^\*[\w-]+$/,
  /^:[\w-]+[*+]$/,
  /^\[{1,2}\.\.\.[\w-]+\]{1,2}$/,
  /^<path:[\w-]+>$/,
];

/** Whole segments that are a placeholder in another product. The group is its name. */
const PLACEHOLDERS: readonly RegExp[] = [
  // Vault, Handlebars, Jinja: {{user}}. GitHub: ${{ user }}.
  /^\$?\{\{+\s*([^{}]+?)\s*\}\}+$/,
  // IAM, RAM, shells: ${aws:username}. Ruby, MyBatis: #{user}. Log formats: %{user}. Razor: @{user}.
  /^[$#%@]\{\s*([^{}]+?)\s*\}$/,
  /^\{[$:@](?!hash\})([^{}]+)\}$/,
  // Azure: $(uid). Python: %(uid)s. Flask: <uid>, <int:uid>. Windows, Terraform templates: %uid%.
  /^\$\(\s*([^()]+?)\s*\)$/,
  /^%\(([\w.-]+)\)s?$/,
  /^<(?:\w+:)?([\w.-]+)>$/,
  /^%([A-Za-z_][\w.]*)%$/,
  // Express, Rails: :userId. Firebase's database, nginx: $uid.
  /^:([A-Za-z_][\w-]*)\??$/,
  /^\$([a-z_][\w.]*)$/,
  // Supabase: auth.jwt() ->> 'team'
  /^\(*auth\.jwt\(\)\s*->>?\s*'([^']+)'\)*(?:::\w+)?$/,
];

/** Segments that are the user in another product: Supabase's policies, Firebase's rules. */
const EXPRESSIONS_OF_USER: readonly RegExp[] = [
  /^\(*(?:select\s+)?auth\.uid\(\)(?:::\w+)?\)*(?:::\w+)?$/i,
  /^\(*storage\.foldername\(name\)\)*\[\d+\]$/,
  /^(?:request\.)?auth\.(?:uid|token\.sub)$/,
];

/** A placeholder of ours, `rest`, or undefined for a segment that is not another product's. */
function meaningOf(part: string, known: KnownClaims): string | undefined {
  const decoded = part.replace(/%7b/gi, "{").replace(/%7d/gi, "}");
  if (RESTS.some((pattern) => pattern.test(part))) return restOrUser(part, known);
  if (EXPRESSIONS_OF_USER.some((pattern) => pattern.test(part))) return `{${known.user}}`;
  // Next.js: [uid]. Also an honest name of a folder, so only for names that mean a user or a claim.
  const bracketed = /^\[([\w.-]+)\]$/.exec(part)?.[1];
  if (bracketed !== undefined)
    return isNameOfUser(bracketed) || known.has(bracketed) ? placeholderFor(bracketed, known) : undefined;
  for (const pattern of PLACEHOLDERS) {
    const [found, ...names] = pattern.exec(decoded) ?? [];
    if (found !== undefined) return placeholderFor(names.find((name) => name !== undefined) ?? "", known);
  }
  return decoded === part ? undefined : decoded;
}

/** Firebase's `{userId=*}` is one segment: the user's. */
function restOrUser(part: string, known: KnownClaims): string {
  const [, name = ""] = /^\{([\w-]+)=\*\}$/.exec(part) ?? [];
  return isNameOfUser(name) ? `{${known.user}}` : "rest";
}

/** `{claim}` for a name in another product; undefined when it cannot be a claim. */
function placeholderFor(written: string, known: KnownClaims): string | undefined {
  const hash = written.endsWith(":hash") ? ":hash" : "";
  const name = written.slice(0, written.length - hash.length);
  if (known.has(name)) return `{${name}${hash}}`;
  const own = withoutProvider(name);
  if (own === "issuer") return "{issuer}";
  const claim = isNameOfUser(own) || (own !== name && own === "id") ? known.user : own;
  return flawOfClaimPath(claim) === undefined ? `{${claim}${hash}}` : undefined;
}

/** Objects and functions of other products in which the claims are. */
const HOLDERS =
  /^(?:(?:request|req|context|ctx|event|input|session)\.)*(?:auth\.token|auth\.claims|auth|token|jwt\.claims|jwt|claims|user|identity\.entity|identity|principal|currentUser)\.(?=.)/;

/** `aws:PrincipalTag/team` → `team`, `identity.example.com:sub` → `sub`, `auth.token.team` → `team`. */
function withoutProvider(name: string): string {
  if (name.includes("://") || /^(custom|cognito):/.test(name)) return name;
  const tag = /:(?:Principal|Request|Resource)Tag\/([^/]+)$/.exec(name)?.[1];
  return tag ?? (name.split(":").at(-1) ?? name).replace(HOLDERS, "").replace(/\(\)$/, "");
}
