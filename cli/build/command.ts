import { resolve } from "node:path";
import { ACCESS, command } from "../shared/command.ts";
import { buildAllOrExplain } from "./explained.ts";

export const build = command({
  name: "build",
  usage: ["npm run valet -- build"],
  about:
    "Checks access.yaml, compiles it in, and bundles each function to a folder of its own: dist/credentials and dist/uploads. " +
    "A mistake in access.yaml is shown with file and line.",
  options: { access: ACCESS },
  yes: "built",
  no: "could not be built, for another reason",
  settings: {
    OSS_BUCKET: "the bucket of rules that name none, for the warnings",
    CODE_CACHE: "off: without V8's code cache",
  },
  examples: {
    "npm run valet -- build --access rules/staging.yaml": "with another file than access.yaml",
  },
  run: async ({ values: { access } }) =>
    (await buildAllOrExplain(resolve("dist"), access === undefined ? {} : { accessFile: access })) ? 0 : 2,
});
