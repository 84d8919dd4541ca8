import { ACCESS, BUCKET, type Options, type ValuesOf } from "../shared/command.ts";
import { WANTED_OPTIONS } from "../shared/wanted.ts";

const THE_USER = "The user";
const THE_OBJECT = "The object";

/** The options of explain, in the order of help. */
export const OPTIONS = {
  claim: {
    value: "NAME=TEXT",
    repeats: true,
    group: THE_USER,
    help: "a claim of the App token; NAME:=JSON for a number, a list, true or false",
  },
  claims: {
    value: "JSON",
    group: THE_USER,
    help: 'all claims, e.g. \'{"sub":"alice","role":"editor"}\'',
  },
  token: {
    value: "JWT",
    group: THE_USER,
    help: "the claims of a token, decoded but UNVERIFIED; - reads it from standard input",
  },
  issuer: {
    value: "NAME",
    group: THE_USER,
    help: "the user's issuer; needed when access.yaml has several",
  },
  permission: {
    value: "NAME",
    group: THE_OBJECT,
    help: "read, write, delete or list; the same as the first argument",
  },
  key: {
    value: "KEY",
    group: THE_OBJECT,
    help: "the object, or the prefix to list; the same as the second argument",
  },
  bucket: { ...BUCKET, group: THE_OBJECT },
  ...WANTED_OPTIONS,
  "source-ip": { value: "ADDRESS", help: "the caller's IP address, for rules with sourceIp: request" },
  "role-policy": {
    value: "FILE",
    help: "the client role's policy as JSON; default: the policy that provision creates from the rules",
  },
  access: ACCESS,
  json: { help: "print JSON" },
} as const satisfies Options;

/** The options as they were given. */
export type Values = ValuesOf<typeof OPTIONS>;
