import type { CloudError } from "../cloud-error.ts";

export type RpcFormat = "JSON" | "XML";

/** A successful answer: the object as JSON, or as XML below `<ActionResponse>`. */
export function rpcAnswer(action: string, answer: object, format: RpcFormat): string {
  return format === "JSON" ? JSON.stringify(answer) : xmlDocument(`${action}Response`, answer);
}

/**
 * An error as the API gateway words it. `details.StringToSign` is not an element of its own: the gateway appends
 * it to the message. Source: common error codes; the shape of Recommend as observed.
 */
export function rpcErrorBody(
  error: CloudError,
  context: { readonly requestId: string; readonly hostId: string; readonly product: string },
  format: RpcFormat,
): string {
  const { StringToSign: stringToSign, ...details } = error.details;
  const recommend = new URLSearchParams({
    q: error.code,
    product: context.product,
    requestId: context.requestId,
  });
  const body = {
    RequestId: context.requestId,
    HostId: context.hostId,
    Code: error.code,
    Message:
      typeof stringToSign === "string"
        ? `${error.message} server string to sign is:${stringToSign}`
        : error.message,
    Recommend: `https://api.aliyun.com/troubleshoot?${recommend}`,
    ...details,
  };
  return format === "JSON" ? JSON.stringify(body) : xmlDocument("Error", body);
}

function xmlDocument(root: string, content: object): string {
  return `<?xml version='1.0' encoding='UTF-8'?>${xmlElement(root, content)}`;
}

function xmlElement(name: string, value: unknown): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.map((item) => xmlElement(name, item)).join("");
  const content =
    typeof value === "object"
      ? Object.entries(value)
          .map(([child, inner]) => xmlElement(child, inner))
          .join("")
      : xmlText(String(value));
  return `<${name}>${content}</${name}>`;
}

/** Characters that XML 1.0 cannot hold become U+FFFD. */
function xmlText(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "\u{FFFD}")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
