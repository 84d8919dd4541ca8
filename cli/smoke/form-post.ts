import type { UploadForm } from "../../shared/wire.ts";
import { cloudProblemFrom, httpSent, problemText } from "../shared/cloud-problem.ts";

/** What OSS said to a form. */
export interface PostedForm {
  /** 0: nothing came. */
  readonly status: number;
  /** OSS's error code; undefined when there is none. */
  readonly code: string | undefined;
  readonly summary: string;
}

/** Posts a form as a page does: its fields in their order, then the file. Never rejects. */
export async function postedForm(
  { Url: url, Fields: fields }: UploadForm,
  file: string,
): Promise<PostedForm> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new Blob([file]), "smoke");
  try {
    const { status, text } = await httpSent(url, { method: "POST", body: form });
    const code = elementIn(text, "Code");
    const message = elementIn(text, "Message");
    const said = code === undefined ? "" : ` ${code}: ${message ?? ""}`;
    return { status, code, summary: `${status}${said}` };
  } catch (error) {
    return { status: 0, code: undefined, summary: problemText(cloudProblemFrom(error)) };
  }
}

/** A form's policy, as JSON text. */
export function policyOf({ Fields: fields }: UploadForm): string {
  return Buffer.from(fields["policy"] ?? "", "base64").toString("utf8");
}

function elementIn(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]?.replaceAll("&quot;", '"');
}
