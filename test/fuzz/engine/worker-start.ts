import { workerData } from "node:worker_threads";
import { installProbes } from "./probes.ts";

// Imported first in a bundle: instrumented code counts from its first line on.
installProbes((workerData as { readonly blocks: number }).blocks);
