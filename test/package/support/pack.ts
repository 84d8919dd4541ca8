import type { TestProject } from "vitest/node";
import { packOssValet, type Tarball } from "../../../scripts/package.ts";
import { emptyFolder } from "./programs.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Of oss-valet, packed once for all files. The folder `oss-valet` beside it has what is in it. */
    readonly tarball: Tarball;
  }
}

export async function setup(project: TestProject): Promise<() => void> {
  const folder = emptyFolder();
  project.provide("tarball", await packOssValet(folder.path));
  return () => folder.remove();
}
