import { regionIdIn } from "../../shared/domain/oss-endpoint.ts";
import { bucketProblem } from "../../shared/domain/rules/access-file-values.ts";
import { isSecure } from "../../shared/domain/secure-address.ts";

/** A question of `valet init`, and the option that answers it. */
export interface Question {
  readonly option: "issuer" | "bucket" | "region";
  readonly text: string;
  /** What an empty answer means. */
  readonly default?: string;
  /** What is wrong with an answer, and what to write; undefined when it is right. */
  readonly problem: (answer: string) => string | undefined;
}

export const QUESTIONS: readonly Question[] = [
  {
    option: "issuer",
    text: "Who signs your users in? The issuer, as the iss of its tokens has it, such as https://login.example.com/",
    problem: issuerProblem,
  },
  {
    option: "bucket",
    text: "In which bucket are the files?",
    problem: (answer) => {
      const found = bucketProblem(answer);
      return found === undefined ? undefined : `${found.is}; ${found.fix}`;
    },
  },
  { option: "region", text: "In which region is it?", default: "cn-hangzhou", problem: regionProblem },
];

/** Longest issuer and audience, in characters. Ours. */
const MAX_LENGTH = 512;

export function issuerProblem(issuer: string): string | undefined {
  const is = `is ${JSON.stringify(issuer)}`;
  if (!URL.canParse(issuer)) return `${is}; write an address, such as https://login.example.com/`;
  const url = new URL(issuer);
  if (!isSecure(url)) return `${is}; write https://, or http:// only for this machine`;
  if (url.username !== "" || url.search !== "" || url.hash !== "")
    return `${is}; write it without a user, "?" and "#", as the tokens' iss has it`;
  return plainProblem(issuer);
}

/** An address of keys. */
export function jwksProblem(jwks: string): string | undefined {
  if (!URL.canParse(jwks) || !isSecure(new URL(jwks)))
    return `is ${JSON.stringify(jwks)}; write the https address of the issuer's keys, such as https://login.example.com/.well-known/jwks.json`;
  return plainProblem(jwks);
}

export function audienceProblem(audience: string): string | undefined {
  return audience === ""
    ? "is empty; write what the aud of your App's tokens has, such as photo-app"
    : plainProblem(audience);
}

/** What would need an escape somewhere, or cannot be read in a file. */
function plainProblem(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return `has ${text.length} characters; write at most ${MAX_LENGTH}`;
  return /^[!#-[\]-~]+$/.test(text)
    ? undefined
    : `is ${JSON.stringify(text)}; write printable ASCII without spaces, quotes and backslashes`;
}

function regionProblem(region: string): string | undefined {
  const id = regionIdIn(region);
  if (id === region) return undefined;
  const instead = id === undefined ? "the bucket's region, such as cn-hangzhou" : `its ID alone: ${id}`;
  return `is ${JSON.stringify(region)}; write ${instead}`;
}

/** A name for package.json from that of the folder. Source: npm's package.json, "name". */
export function packageNameOf(folder: string): string {
  const name = folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, "-")
    .replace(/^[-._]+|[-._]+$/g, "")
    .slice(0, 100);
  return name === "" || name === "oss-valet" || name === "node_modules" ? "my-app" : name;
}
