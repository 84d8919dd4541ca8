import { randomBytes } from "node:crypto";
import { bucketUrl, ossEndpointAt } from "../../shared/domain/oss-endpoint.ts";
import type { UploadForm, UploadsBody } from "../../shared/wire.ts";
import { apiAddressFrom } from "../shared/cloud-keys.ts";
import type { Terminal } from "../shared/command.ts";
import { ossClientWith } from "../shared/oss-client.ts";
import { answerOf, type EndpointAnswer } from "./endpoint.ts";
import { type PostedForm, policyOf, postedForm } from "./form-post.ts";
import type { Tell, VendedAccess } from "./on-oss.ts";
import { signedByAnother } from "./tampered-token.ts";

/** How forms are tried. */
export interface FormsOptions {
  /** Of /uploads. */
  readonly url: string;
  /** Whether somebody has said that there are forms: then it is a failure that there are none. */
  readonly expected: boolean;
  readonly contentType: string;
  /** Wait until a form has expired: a minute. */
  readonly wait: boolean;
  readonly ossEndpoint: string | undefined;
}

const FILE = "smoke\n";

/** Seconds. The shortest life that /uploads gives. */
const SHORTEST_SECONDS = 60;

/** A key for each check, so that what OSS took by mistake is in the way of no other. The first is the one that it must take. */
const NAMES = ["", "-more", "-less", "-type", "-key", "-policy", "-end"];

type Forms = readonly [UploadForm, ...UploadForm[]];

/** Milliseconds. The clocks of OSS and of the function may differ by a little. */
const MARGIN_MS = 5000;

/**
 * A form stores what it was signed for, and OSS refuses it for one byte more, another type, another key, a changed policy,
 * and after its end. Deletes what it stored, when the credentials may.
 */
export async function formsTried(
  options: FormsOptions,
  {
    token,
    access,
    terminal,
  }: {
    readonly token: string;
    /** The same user's credentials; undefined when there are none. */
    readonly access: VendedAccess | undefined;
    readonly terminal: Pick<Terminal, "wait">;
  },
  tell: Tell,
): Promise<void> {
  const { url, contentType } = options;
  const suffix = randomBytes(6).toString("hex");
  const body = {
    files: NAMES.map((name) => ({
      name: `oss-valet-smoke-${suffix}${name}.form`,
      contentType,
      bytes: Buffer.byteLength(FILE),
    })),
    expiresSeconds: SHORTEST_SECONDS,
  };
  const answer = await answerOf(url, `Bearer ${token}`, body);
  const forms = formsIn(answer, options, tell);
  if (forms === undefined) return;
  const [stored] = forms;
  tell("no proxy may store the forms", answer.cacheControl.includes("no-store"), answer.cacheControl);

  const post = (form: UploadForm, changes: Readonly<Record<string, string>> = {}, file = FILE) =>
    postedForm({ ...form, Url: addressOf(form, options), Fields: { ...form.Fields, ...changes } }, file);
  const first = await post(stored);
  tell(`post ${stored.Key} with a form`, first.status === 200, first.summary);

  if (first.status === 200) {
    const left = await refusalsOfOss({ forms, post, options, terminal }, tell);
    for (const key of left) await deleted(key, policyOf(stored), { access, options }, tell);
  } else tell("refused: forms that were changed", undefined, "OSS takes no form at all");
  await askedWrongly(url, token, body, tell);
}

/** What OSS must refuse. Returns the keys of all that it stored. */
async function refusalsOfOss(
  {
    forms,
    post,
    options,
    terminal,
  }: {
    readonly forms: Forms;
    readonly post: (form: UploadForm, changes?: UploadForm["Fields"], file?: string) => Promise<PostedForm>;
    readonly options: FormsOptions;
    readonly terminal: Pick<Terminal, "wait">;
  },
  tell: Tell,
): Promise<ReadonlySet<string>> {
  const [
    stored,
    more = stored,
    less = stored,
    typed = stored,
    keyed = stored,
    changed = stored,
    late = stored,
  ] = forms;
  const left = new Set([stored.Key]);
  const refused = async (
    what: string,
    code: string,
    form: UploadForm,
    changes: UploadForm["Fields"] = {},
    file = FILE,
  ): Promise<void> => {
    const answer = await post(form, changes, file);
    const isStored = answer.status === 200;
    if (isStored) left.add(changes["key"] ?? form.Key);
    const seen = isStored ? "OSS stored it: the form allows too much" : answer.summary;
    tell(`refused: a form ${what}`, answer.code === code, seen);
  };
  await refused("with one byte more", "EntityTooLarge", more, {}, `${FILE}!`);
  await refused("with one byte less", "EntityTooSmall", less, {}, FILE.slice(1));
  const type = options.contentType === "text/html" ? "text/plain" : "text/html";
  const asType = { "Content-Type": type, "x-oss-content-type": type };
  await refused("for another type", "AccessDenied", typed, asType);
  await refused("for another key", "AccessDenied", keyed, { key: `${keyed.Key}.exe` });
  const longer = { ...JSON.parse(policyOf(changed)), expiration: "2099-01-01T00:00:00.000Z" };
  const policy = Buffer.from(JSON.stringify(longer)).toString("base64");
  await refused("whose policy was changed", "SignatureDoesNotMatch", changed, { policy });
  if (options.wait) {
    await terminal.wait(SHORTEST_SECONDS * 1000 + MARGIN_MS);
    await refused("that has expired", "AccessDenied", late);
  } else tell("refused: a form that has expired", undefined, "it takes a minute: add --wait");
  return left;
}

/** All forms; undefined when there are none, which was told. */
function formsIn(
  answer: EndpointAnswer,
  { expected, contentType }: FormsOptions,
  tell: Tell,
): Forms | undefined {
  const what = "a valid token gets forms";
  const { status, summary } = answer;
  const none = (because: string, fix: string): undefined => {
    tell(what, expected ? false : undefined, `${because}: ${fix}`);
  };
  if (status === 404)
    return none(
      `${summary}: /uploads is not here`,
      "if the function uploads is deployed, add --uploads and its URL",
    );
  if (status === 403)
    return none(
      `${summary}: no rule lets this user upload ${contentType}`,
      "add --form-type and a type that a rule has",
    );
  const uploads = (answer.body as Partial<UploadsBody>).Uploads;
  const forms = Array.isArray(uploads) ? (uploads as readonly UploadForm[]) : [];
  const [first, ...others] = forms;
  if (status !== 200 || first === undefined || forms.length < NAMES.length || !forms.every(isForm)) {
    tell(what, false, status === 200 ? "the answer lacks Uploads with Url, Key and Fields" : summary);
    return undefined;
  }
  // The file goes there: it is not sent in the clear to anybody.
  if (apiAddressFrom(new URL(first.Url).origin) === undefined) {
    tell(what, false, `Url is ${first.Url}, not https:// and a host: fix OSS_ENDPOINT`);
    return undefined;
  }
  tell(what, true, `${first.Key} (${contentType})`);
  return [first, ...others];
}

function isForm(form: UploadForm): boolean {
  const { Url: url, Key: key, Fields: fields } = form;
  return (
    typeof url === "string" &&
    URL.canParse(url) &&
    typeof key === "string" &&
    typeof fields === "object" &&
    typeof fields["policy"] === "string"
  );
}

/** Of the form, or of the local cloud. */
function addressOf(form: UploadForm, { ossEndpoint }: FormsOptions): string {
  return ossEndpoint === undefined
    ? form.Url
    : bucketUrl(ossEndpointAt(new URL(ossEndpoint)), bucketIn(policyOf(form)));
}

function bucketIn(policy: string): string {
  const { conditions } = JSON.parse(policy) as {
    readonly conditions: readonly { readonly bucket?: string }[];
  };
  return conditions.find(({ bucket }) => bucket !== undefined)?.bucket ?? "";
}

/** /uploads verifies the token as /credentials does: one function may be deployed with old settings. */
async function askedWrongly(url: string, token: string, body: object, tell: Tell): Promise<void> {
  for (const [what, authorization, code] of [
    ["no token", undefined, "MissingToken"],
    ["a token signed with another key", `Bearer ${signedByAnother(token)}`, "InvalidToken"],
  ] as const) {
    const { status, body: answer, summary } = await answerOf(url, authorization, body);
    tell(`refused: forms for ${what}`, status === 401 && answer["Code"] === code, summary);
  }
}

async function deleted(
  key: string,
  policy: string,
  {
    access,
    options,
  }: { readonly access: VendedAccess | undefined; readonly options: Pick<FormsOptions, "ossEndpoint"> },
  tell: Tell,
): Promise<void> {
  const what = `delete ${key}`;
  const bucket = bucketIn(policy);
  if (access === undefined || access.OssBucket !== bucket)
    return tell(what, undefined, `the object stays in ${bucket}: delete it by hand`);
  const { ossEndpoint } = options;
  const client = ossClientWith({
    keys: {
      accessKeyId: access.AccessKeyId,
      accessKeySecret: access.AccessKeySecret,
      securityToken: access.SecurityToken,
    },
    region: access.OssRegion,
    bucket,
    ...(ossEndpoint === undefined
      ? { endpoint: access.OssEndpoint, cname: access.OssCname === "true" }
      : { endpoint: ossEndpoint }),
  });
  const done = await client.delete(key).then(
    () => true,
    () => false,
  );
  if (done) tell(what, true, "done");
  else
    tell(what, undefined, `the user's credentials may not: the object stays in ${bucket}: delete it by hand`);
}
