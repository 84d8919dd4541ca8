import { connect, type PeerCertificate } from "node:tls";
import { REQUEST_TIMEOUT_MS } from "./cloud-problem.ts";

/** The certificate of a server, as a client sees it. */
export interface CertificateSeen {
  readonly validToMs: number;
  /** Why a client refuses it; undefined: it does not. */
  readonly problem: string | undefined;
}

/** Connects and sends nothing. Rejects when the TLS connection fails for a reason other than the certificate. */
export async function certificateAt(url: string): Promise<CertificateSeen> {
  const { hostname, port } = new URL(url);
  return await new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, servername: hostname, port: Number(port || 443) });
    socket.setTimeout(REQUEST_TIMEOUT_MS, () => {
      socket.destroy(Object.assign(new Error("no answer"), { name: "TimeoutError" }));
    });
    socket.once("secureConnect", () => {
      const certificate = socket.getPeerCertificate();
      socket.destroy();
      resolve({ validToMs: Date.parse(certificate.valid_to), problem: undefined });
    });
    socket.once("error", (error) => {
      const { code, cert } = error as { readonly code?: string; readonly cert?: PeerCertificate };
      if (code === "ERR_TLS_CERT_ALTNAME_INVALID" && cert !== undefined)
        resolve({
          validToMs: Date.parse(cert.valid_to),
          problem: `its certificate is for ${namesIn(cert)}, not for ${hostname}`,
        });
      else if (code === "CERT_HAS_EXPIRED") resolve({ validToMs: 0, problem: "its certificate has expired" });
      else if (/^(?:CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/.test(String(code)))
        resolve({ validToMs: 0, problem: `nobody trusts its certificate (${code})` });
      else reject(error);
    });
  });
}

/** Without alternative names, the common name counts. */
function namesIn({ subject, subjectaltname = "" }: PeerCertificate): string {
  const names = subjectaltname.split(", ").map((name) => name.replace(/^DNS:/, ""));
  return names[0] === "" ? String(subject.CN) : names.join(", ");
}
