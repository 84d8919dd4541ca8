import { command } from "../shared/command.ts";
import { askedFrom } from "./asked.ts";
import { type Explanation, explanationOf, isGranted } from "./explanation.ts";
import { explanationText } from "./explanation-text.ts";
import { OPTIONS } from "./options.ts";

/** Exit code 0: granted; 1: refused or denied. */
export const explain = command({
  name: "explain",
  usage: ["npm run valet -- explain [read users/alice/a.jpg] --claim sub=alice [options]"],
  about:
    "Shows what a user would be granted, and why: the principal, each rule, the grant, the session name and the session policy. With a key, also whether the credentials would open it, according to the sandbox's policy evaluator (session policy and role policy).",
  arguments: {
    "read KEY":
      "may the user read this object? Also: write KEY, delete KEY, list PREFIX, and of a form: upload KEY TYPE SIZE",
  },
  options: OPTIONS,
  yes: "granted",
  no: "refused or denied",
  examples: {
    "npm run valet -- explain read users/alice/a.jpg --claim sub=alice": "may alice read this object?",
    "npm run valet -- explain upload photos/alice/a.jpg image/jpeg 2MB --claim sub=alice":
      "would alice get a form for this file?",
    "npm run -s valet -- explain --token - --json < token.txt": "what would this token get? As JSON",
  },
  run: async ({ values, positionals }, terminal, access) => {
    const { rules } = await access(values.access);
    const explanation = explanationOf(askedFrom(values, positionals, rules, terminal), rules);
    terminal.out(
      values.json === true ? asJson(explanation) : explanationText(explanation, paintFor(terminal.colour)),
    );
    return isGranted(explanation) ? 0 : 1;
  },
});

function asJson({ principal, policy, ...explanation }: Explanation): string {
  return JSON.stringify(
    {
      ...explanation,
      ...(principal === undefined
        ? {}
        : { principal: { ...principal, attributes: Object.fromEntries(principal.attributes) } }),
      ...(policy === undefined ? {} : { policy: { bytes: policy.bytes, document: JSON.parse(policy.text) } }),
    },
    null,
    2,
  );
}

function paintFor(colour: boolean): { good: (text: string) => string; bad: (text: string) => string } {
  const paint = (code: number) => (text: string) => (colour ? `\u001b[${code}m${text}\u001b[39m` : text);
  return { good: paint(32), bad: paint(31) };
}
