import { asInstalled } from "../shared/as-installed.ts";

/**
 * s.yaml of a project, made from our own: bucket and region are those of the project where the environment names none, and
 * commands are those of an installed package. Throws when ours has changed so that a place is not there any more.
 */
export function projectSYaml(
  text: string,
  { bucket, region }: { readonly bucket: string; readonly region: string },
): string {
  return [
    [
      `${setting("env('OSS_BUCKET')")} # set it in the shell, or in a file .env in this folder`,
      setting(`env('OSS_BUCKET', '${bucket}')`),
    ],
    [setting("env('OSS_REGION', 'cn-hangzhou')"), setting(`env('OSS_REGION', '${region}')`)],
  ].reduce((rest, [from = "", to = ""]) => replacedOnce(rest, from, to), asInstalled(text));
}

function setting(text: string): string {
  return `\${${text}}`;
}

function replacedOnce(text: string, from: string, to: string): string {
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error(`s.yaml has ${from} ${parts.length - 1} times, not once`);
  return parts.join(to);
}
