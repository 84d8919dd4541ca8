import type { UploadForm, UploadsBody } from "../../shared/wire.ts";
import type { Stage } from "./stage.ts";
import { expect, ossReason, type Say } from "./steps.ts";

const NAME = "from-a-form.txt";

/** Asks for a form, posts it to OSS as a page or a mini program does, then changes it. Throws StepFailed. */
export async function uploadByForm(stage: Stage, say: Say, token: string): Promise<void> {
  const { upload } = stage;
  if (upload === undefined) {
    say("   access.yaml has no rule with upload, and no room for one more: /uploads refuses everybody (403)");
    return;
  }
  const { contentType, maxBytes, addedPrefix } = upload;
  if (addedPrefix !== undefined)
    say(`   (access.yaml has no rule with upload: npm start has added one for ${addedPrefix})`);
  const calls = callsToSts(stage);
  const form = await formFor(stage, token, { files: [{ name: NAME, contentType }], expiresSeconds: 300 });
  if (form === undefined) {
    say("   403 AccessDenied: no rule with upload is for alice, so she gets no form");
    return;
  }
  const { policy = "", ...fields } = form.Fields;
  say(indented(JSON.stringify(shortened(fields), null, 2)));
  say("   and a signed policy, which pins all of them, the bucket and the size:");
  for (const condition of conditionsOf(policy)) say(`     ${condition}`);

  const file = Buffer.from("Hello from a form\n").subarray(0, maxBytes);
  const stored = await posted(form.Url, form.Fields, file);
  expect(
    stored.status === 200,
    `post ${form.Key}: ${stored.code}: ${stored.message}\n${ossReason(stage) ?? ""}`.trimEnd(),
  );
  say(`   post  ${form.Key}  →  ${stored.status}`);
  const key = `${form.Key}.exe`;
  const other = await posted(form.Url, { ...form.Fields, key }, file);
  expect(other.code === "AccessDenied", `post ${key}: expected AccessDenied, got ${other.code ?? "success"}`);
  say(`   post  ${key}, with the same form`);
  say(`      ${other.code}: ${other.message}`);
  expect(callsToSts(stage) === calls, "/uploads called STS");
  say("   STS was not called: the function signs with the keys of its own role");
}

function conditionsOf(policy: string): readonly string[] {
  const { conditions } = JSON.parse(Buffer.from(policy, "base64").toString("utf8")) as {
    readonly conditions: readonly unknown[];
  };
  return conditions.map((condition) => JSON.stringify(condition).replaceAll(/[^",]{200,}/g, cut));
}

function callsToSts({ sandbox }: Stage): number {
  return sandbox.world.journal.filter(({ service }) => service === "sts").length;
}

/** undefined when no rule grants it. */
async function formFor(stage: Stage, token: string, body: object): Promise<UploadForm | undefined> {
  const response = await fetch(stage.uploadsUrl, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (response.status === 403) return undefined;
  expect(
    response.status === 200,
    `/uploads answers ${response.status}: ${text}\n${stage.log().slice(-8).join("\n")}`,
  );
  return (JSON.parse(text) as UploadsBody).Uploads[0];
}

interface Posted {
  readonly status: number;
  readonly code: string | undefined;
  readonly message: string | undefined;
}

/** The fields in their order, then the file. */
async function posted(url: string, fields: UploadForm["Fields"], file: Uint8Array): Promise<Posted> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new Blob([Uint8Array.from(file)]), NAME);
  const response = await fetch(url, { method: "POST", body: form });
  const xml = await response.text();
  const textOf = (element: string) =>
    new RegExp(`<${element}>(.*?)</${element}>`, "s").exec(xml)?.[1]?.replaceAll("&quot;", '"');
  return { status: response.status, code: textOf("Code"), message: textOf("Message") };
}

function shortened(fields: UploadForm["Fields"]): UploadForm["Fields"] {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, cut(value)]));
}

/** Security tokens and signatures, so that a field stays on its line. */
function cut(value: string): string {
  return value.length > 60 ? `${value.slice(0, 6)}… (${value.length} characters)` : value;
}

function indented(text: string): string {
  return text.replace(/^/gm, "   ");
}
