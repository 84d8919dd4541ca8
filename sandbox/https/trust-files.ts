import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pemOf } from "./pem.ts";
import { trustStoreWith } from "./trust-store.ts";

/** Files for the programs that use the sandbox under the cloud's names. They hold the authority's certificate, never its key. */
export interface TrustFiles {
  /** PEM: for Node.js, Python, Go, curl. */
  readonly caCertificate: string;
  /** PKCS #12: for Java. */
  readonly trustStore: string;
  /** Names and addresses, for Java. Written again when the names change. */
  readonly hostsFile: string;
  writeHosts(content: string): void;
  remove(): void;
}

/** Writes the files into a folder that only this user can read. It is removed with `remove`, or when the process ends. */
export async function writeTrustFiles(certificate: Buffer): Promise<TrustFiles> {
  const store = await trustStoreWith(certificate);
  // mkdtemp makes the folder with mode 0700.
  const folder = mkdtempSync(join(tmpdir(), "oss-valet-sandbox-"));
  let isRemoved = false;
  const remove = () => {
    isRemoved = true;
    process.off("exit", remove);
    rmSync(folder, { recursive: true, force: true });
  };
  process.on("exit", remove);
  const write = (name: string, content: string | Buffer) => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  return {
    caCertificate: write("ca.pem", pemOf(certificate)),
    trustStore: write("truststore.p12", store),
    hostsFile: join(folder, "hosts"),
    writeHosts: (content) => {
      // A request may end after the sandbox was stopped.
      if (!isRemoved) write("hosts", content);
    },
    remove,
  };
}
