import { Agent, request } from "node:http";
import { classicWorld } from "../../../sandbox/classic-world.ts";
import { sandboxClock } from "../../../sandbox/clock.ts";
import { loopbackServer } from "../../../sandbox/http.ts";
import { contentStore } from "../../../sandbox/oss/content-store.ts";
import { answerToMalformed } from "../../../sandbox/oss/malformed.ts";
import { ossServer } from "../../../sandbox/oss/server.ts";
import { openSession } from "../../../sandbox/sts/session.ts";
import { emptyWorld } from "../../../sandbox/world.ts";
import { ossSigner } from "../../../shared/adapters/oss-signer.ts";
import { mediaTypeProblem } from "../../../shared/domain/media-type.ts";
import { parsedObjectKey } from "../../../shared/domain/prefix/object-key.ts";
import { type FuzzTarget, law } from "../engine/target.ts";

/** Where the laptop's and the cloud's clock stand: a form of a minute ago is fresh in every run. */
const NOW_MS = Date.UTC(2026, 10, 27, 9);

const world = emptyWorld(sandboxClock(() => NOW_MS));
const { account, role, bucket } = classicWorld(world);
const server = await loopbackServer(0, answerToMalformed(world));
server.answerWith(ossServer(world, { contents: contentStore() }));
const session = openSession(world, {
  accountId: account.id,
  role,
  name: "signer",
  policy: undefined,
  sourceIdentity: undefined,
  durationSeconds: 3600,
});
const signer = ossSigner({
  region: bucket.region,
  endpoints: { ofBuckets: new Map(), others: { url: server.url, cname: false } },
  credentials: () => session,
});
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** An input: what is signed, and what is then changed and sent. */
interface Case {
  readonly key: string;
  readonly contentType: string;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly overwrite: boolean;
  /** Bytes of the file that is sent. */
  readonly size: number;
  readonly fileName: string;
  readonly fileType: string;
  /** A field that gets another value, or that is left out, or that nobody signed. */
  readonly change?: { readonly field: string; readonly value: string | null };
}

const GOOD: Case = {
  key: "photos/alice/a.jpg",
  contentType: "image/jpeg",
  minBytes: 0,
  maxBytes: 100,
  overwrite: false,
  size: 10,
  fileName: "a.jpg",
  fileType: "image/jpeg",
};

/**
 * Forms, from the signer through the whole door of the sandbox's OSS, which checks signatures by code of its own. A form
 * stores a file of the signed sizes under the signed key with the signed type, and nothing else. After any change of a
 * field, nothing is stored that was not signed.
 */
export const target: FuzzTarget = {
  name: "signed-form",
  seeds: [
    GOOD,
    { ...GOOD, key: "photos/alice/爱 b+%2F.jpg", overwrite: true, fileType: "text/html" },
    { ...GOOD, size: 101 },
    { ...GOOD, minBytes: 11, maxBytes: 11 },
    { ...GOOD, minBytes: 10, maxBytes: 10, fileName: 'x"y\r\n.jpg' },
    { ...GOOD, change: { field: "key", value: "photos/bob/a.jpg" } },
    { ...GOOD, change: { field: "policy", value: null } },
    { ...GOOD, change: { field: "x-oss-signature", value: "00" } },
    { ...GOOD, change: { field: "x-oss-content-type", value: "text/html" } },
    { ...GOOD, change: { field: "x-oss-object-acl", value: "public-read" } },
    { ...GOOD, change: { field: "x-oss-meta-a", value: "b" } },
    { ...GOOD, change: { field: "success_action_status", value: "201" } },
  ].map((one) => JSON.stringify(one)),
  dictionary: [
    "key",
    "policy",
    "bucket",
    "x-oss-signature",
    "x-oss-credential",
    "x-oss-date",
    "x-oss-security-token",
    "x-oss-forbid-overwrite",
    "x-oss-object-acl",
    "x-oss-content-type",
    "content-type",
    "x-oss-tagging",
    "callback",
    "file",
    "success_action_redirect",
    "\x24{filename}",
    "photos/alice/",
  ],
  maxLength: 3_000,
  testExecutions: 60,
  mutate: (input, { json }) => json(input),
  run: async (input) => {
    const given = caseOf(input);
    if (given === undefined) return;
    const { key, contentType, minBytes, maxBytes, overwrite, size, change } = given;
    const parsed = parsedObjectKey(key);
    if (!("key" in parsed)) return;
    const upload = { bucket: bucket.name, key: parsed.key, contentType, minBytes, maxBytes, overwrite };
    const form = signer.form(upload, { signedAtMs: NOW_MS - 60_000, expiresAtMs: NOW_MS + 60_000 });
    if (!form.ok) {
      law(
        "only a key that is too long makes no form",
        form.refusal.code === "REQUEST_INVALID",
        () => form.refusal,
      );
      return;
    }
    bucket.objects.clear();
    const fields = new Map(Object.entries(form.value.fields));
    const signed = change === undefined ? undefined : fields.get(change.field);
    if (change?.value === null) fields.delete(change.field);
    else if (change !== undefined) fields.set(change.field, change.value);
    const status = await posted(form.value.url, fields, given);
    const stored = [...bucket.objects.values()];
    law("OSS answers, and with no 5xx but 501", (status > 0 && status < 500) || status === 501, () => status);
    law("what is answered and what is stored agree", status < 300 === (stored.length === 1), () => ({
      status,
      stored: stored.length,
    }));
    for (const object of stored) {
      law("a form stores under its key alone", object.key === key, () => object.key);
      law(
        "a form stores with its type alone",
        object.headers["content-type"] === contentType,
        () => object.headers,
      );
      law(
        "a form stores its sizes alone",
        object.content.size >= minBytes && object.content.size <= maxBytes,
      );
      law("a form makes nothing public", object.acl === "default", () => object.acl);
    }
    const asSigned = change === undefined || change.value === signed;
    if (asSigned)
      law(
        "OSS takes the form as it was signed, for its sizes",
        stored.length === (size >= minBytes && size <= maxBytes ? 1 : 0),
        () => status,
      );
    // What was signed in the policy must be there, with its value.
    else if (signed !== undefined)
      law("OSS refuses a form with another value of a field", stored.length === 0, () => change);
  },
  close: async () => {
    agent.destroy();
    await server.close();
  },
};

/** Sends the form byte by byte as RFC 7578 has it. Returns the status. */
function posted(
  url: string,
  fields: ReadonlyMap<string, string>,
  { size, fileName, fileType }: Case,
): Promise<number> {
  const boundary = "----0123456789abcdef";
  const part = (head: string, content: string | Uint8Array): readonly Buffer[] => [
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
    Buffer.from(content as string),
    Buffer.from("\r\n"),
  ];
  const quoted = (text: string): string =>
    text.replace(/\\/g, "\\\\").replace(/"/g, "%22").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
  const type = fileType === "" ? "" : `\r\nContent-Type: ${fileType.replace(/[\r\n]/g, "")}`;
  const body = Buffer.concat([
    ...[...fields].flatMap(([name, value]) => part(`name="${quoted(name)}"`, value)),
    ...part(`name="file"; filename="${quoted(fileName)}"${type}`, Buffer.alloc(size, "x")),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
  const headers = {
    "content-type": `multipart/form-data; boundary=${boundary}`,
    "content-length": body.length,
  };
  // The bucket in the path: localhost has no names below it.
  const { port } = new URL(server.url);
  const { host, pathname } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request(
      { agent, host: "127.0.0.1", port, path: pathname, method: "POST", headers: { ...headers, host } },
      (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode ?? 0));
        response.on("error", reject);
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

function caseOf(input: Buffer): Case | undefined {
  let given: Partial<Record<keyof Case, unknown>> | null;
  try {
    given = JSON.parse(input.toString("utf8"));
  } catch {
    return undefined;
  }
  if (typeof given !== "object" || given === null) return undefined;
  const { key, contentType, minBytes, maxBytes, overwrite, size, fileName, fileType, change } = given;
  if (![key, contentType, fileName, fileType].every((one) => typeof one === "string")) return undefined;
  const isSize = (one: unknown): one is number =>
    Number.isInteger(one) && Number(one) >= 0 && Number(one) <= 20_000;
  if (!isSize(minBytes) || !isSize(maxBytes) || !isSize(size) || minBytes > maxBytes) return undefined;
  if (typeof overwrite !== "boolean" || mediaTypeProblem(String(contentType)) !== undefined) return undefined;
  if (change === undefined) return given as Case;
  const { field, value } = (change ?? {}) as { readonly field?: unknown; readonly value?: unknown };
  if (typeof field !== "string" || field === "" || (typeof value !== "string" && value !== null))
    return undefined;
  return given as Case;
}
