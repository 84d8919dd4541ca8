import { createHash, createHmac, randomUUID } from "node:crypto";
import { Agent, request } from "node:http";

const agent = new Agent({ keepAlive: true });

/**
 * AssumeRole with nothing around it: node:http, a kept connection, the ACS3 signature of the V3 request signature's
 * documentation. What any handler adds is measured against it.
 */
export function bareAssumeRole(
  host: string,
  call: {
    readonly roleArn: string;
    readonly sessionName: string;
    readonly policy: string;
    readonly accessKeyId: string;
    readonly accessKeySecret: string;
  },
): Promise<unknown> {
  const query = new Map([
    ["DurationSeconds", "3600"],
    ["Policy", call.policy],
    ["RoleArn", call.roleArn],
    ["RoleSessionName", call.sessionName],
  ]);
  const path = `/?${[...query].map(([name, value]) => `${name}=${encoded(value)}`).join("&")}`;
  const headers: Record<string, string> = {
    host,
    "x-acs-action": "AssumeRole",
    "x-acs-content-sha256": sha256(""),
    "x-acs-date": `${new Date().toISOString().slice(0, 19)}Z`,
    "x-acs-signature-nonce": randomUUID(),
    "x-acs-version": "2015-04-01",
  };
  const names = Object.keys(headers);
  const canonical = `POST\n/\n${path.slice(2)}\n${names.map((name) => `${name}:${headers[name]}\n`).join("")}\n${names.join(";")}\n${sha256("")}`;
  const signature = createHmac("sha256", call.accessKeySecret)
    .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`)
    .digest("hex");
  headers["Authorization"] =
    `ACS3-HMAC-SHA256 Credential=${call.accessKeyId},SignedHeaders=${names.join(";")},Signature=${signature}`;
  const [hostname, port] = host.split(":");
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, path, method: "POST", headers, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
