/** Something that no output may hold. */
export interface Secret {
  /** For the message. */
  readonly name: string;
  readonly text: string;
  /** Parts of it are no secret, e.g. of a policy: a log line names the folder that it opens. Default: parts count, too. */
  readonly wholeOnly?: true;
}

/** Characters. A part of a secret that is as long as this counts as a leak; every part of 30 has one of them. */
const PART_LENGTH = 20;
const PART_STEP = 10;

/** The names of the secrets that an output holds, with the form in which it does. */
export function leaksIn(output: string, secrets: readonly Secret[]): readonly string[] {
  return secrets.flatMap((secret) =>
    formsOf(secret)
      .filter(([, form]) => output.includes(form))
      .map(([how]) => `${secret.name}, ${how}`),
  );
}

/** The forms in which a secret could come out: as it is, as JSON, in a URL, in base64 at each alignment, in hex, and in parts. */
function formsOf({ text, wholeOnly }: Secret): readonly (readonly [how: string, form: string])[] {
  if (text.length < 8) throw new Error(`a secret of ${text.length} characters is found by chance`);
  const bytes = Buffer.from(text);
  const [upper, lower] = [
    encodeURIComponent(text),
    encodeURIComponent(text).replace(/%../g, (code) => code.toLowerCase()),
  ];
  const aligned = [0, 1, 2].flatMap((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes]);
    // The characters at both ends depend on the neighbours.
    const start = Math.ceil((before * 8) / 6);
    const end = Math.floor((padded.length * 8) / 6);
    return (["base64", "base64url"] as const).map(
      (encoding) => [encoding, padded.toString(encoding).slice(start, end)] as const,
    );
  });
  const parts: (readonly [string, string])[] = [];
  for (let at = 0; wholeOnly !== true && at + PART_LENGTH <= text.length; at += PART_STEP)
    parts.push([`a part from character ${at}`, text.slice(at, at + PART_LENGTH)]);
  return [
    ["as it is", text],
    ["as JSON", JSON.stringify(text).slice(1, -1)],
    ["as JSON in JSON", JSON.stringify(JSON.stringify(text).slice(1, -1)).slice(1, -1)],
    ["in a URL", upper],
    ["in a URL", lower],
    ["in hex", bytes.toString("hex")],
    ["in hex", bytes.toString("hex").toUpperCase()],
    ...aligned,
    ...parts,
  ];
}

/** An App token: whole, and the parts that only its owner and its issuer have. */
export function secretsOfToken(name: string, token: string): readonly Secret[] {
  const [, payload = "", signature = ""] = token.split(".");
  return [
    { name, text: token, wholeOnly: true },
    { name: `${name}'s payload`, text: payload },
    { name: `${name}'s signature`, text: signature },
  ];
}
