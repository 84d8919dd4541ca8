import { isPublicKeyDer } from "./public-key-text.ts";

/**
 * What a text is that others may know, as `Problem.is` says it: PEM, JSON (a key or a key set), a public key in base64,
 * base64url or hexadecimal digits, a key of SSH, an address, a JWT. Quotes around it, line ends written as `\n` and one
 * layer of encoding do not hide it. undefined: none of them, so it may be a secret.
 */
export function problemOfPublicText(given: string): string | undefined {
  const text = unquoted(given);
  const decoded = decodedFrom(text);
  if (decoded.some(isPublicKeyDer)) return `is a public key, ${NOT_SECRET}`;
  const forms = [given, text, ...decoded.map((bytes) => unquoted(bytes.toString("utf8")))];
  return forms.map(problemOfForm).find((problem) => problem !== undefined);
}

function problemOfForm(text: string): string | undefined {
  if (PEM_LINE.test(text)) return `is a PEM text, ${NOT_SECRET}`;
  if (SSH_KEY.test(text)) return `is a key of SSH, ${NOT_SECRET}`;
  if (isJson(text) || /\bkty["']?\s*:/.test(text)) return `is JSON, as public keys are, ${NOT_SECRET}`;
  if (/^https?:\/\//i.test(text)) return "is an address, not a secret: others know it";
  if (isJwt(text)) return "is a JWT, not a secret: each caller has one";
  return undefined;
}

/** Without the quotes around it, and with line ends for the two characters `\n`. */
function unquoted(given: string): string {
  return given
    .trim()
    .replace(/\\r|\\n/g, "\n")
    .replace(/^["'`]+|["'`]+$/g, "")
    .replaceAll('\\"', '"')
    .trim();
}

/** The bytes that a text may stand for. Node reads base64url as base64 too. */
function decodedFrom(text: string): readonly Buffer[] {
  const bare = text.replace(/\s+/g, "");
  const digits = bare.replace(/^0x/i, "").replaceAll(":", "");
  return [
    ...(/^[A-Za-z0-9+/_=-]+$/.test(bare) ? [Buffer.from(bare, "base64")] : []),
    ...(/^[0-9a-f]+$/i.test(digits) ? [Buffer.from(digits, "hex")] : []),
  ];
}

/** A JWT, also after `Bearer`: its first part is the base64url of a JSON object. */
function isJwt(text: string): boolean {
  const [, header = ""] = /^(?:Bearer\s+)?([\w-]+)\.[\w-]*\.[\w.-]*$/i.exec(text) ?? [];
  return isJson(Buffer.from(header, "base64url").toString("utf8"));
}

/** A JSON object or list. A number or a word may be a secret. */
function isJson(text: string): boolean {
  // An exception in a cold start takes longer than all other checks.
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}

const NOT_SECRET = "not a secret: with HS*, who can verify can sign";

/** The first or last line of a PEM block, with any number of dashes. */
const PEM_LINE = /-{4,}\s*(?:BEGIN|END)|\b(?:BEGIN|END)[ _A-Z0-9]*(?:KEY|CERTIFICATE)/;

/** The name of its kind, or the base64 of that name, which starts each such key. */
const SSH_KEY =
  /^(?:ssh-(?:rsa|dss|ed)|ecdsa-sha2-|sk-(?:ssh|ecdsa))|AAAA(?:B3NzaC1|C3NzaC1|[A-Z]2VjZHNhLXNo)/;
