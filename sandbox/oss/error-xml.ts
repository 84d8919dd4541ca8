import type { CloudError } from "../cloud-error.ts";
import { type XmlElement, xmlDocument } from "./xml.ts";

/** What an error's body says about the request, in addition to the error. */
export interface ErrorContext {
  readonly requestId: string;
  /** The host that was asked, without its port. */
  readonly hostId: string;
}

/** The error's body. Order of the elements: published answers; docs/fidelity/oss.md. */
export function errorXml(error: CloudError, { requestId, hostId }: ErrorContext): string {
  const { EC: ec, ...details } = error.details;
  const elements: XmlElement[] = [
    ["Code", error.code],
    ["Message", error.message],
    ["RequestId", requestId],
    ["HostId", hostId],
    ...Object.entries(details).map(detailElement),
  ];
  if (typeof ec === "string") {
    elements.push(["EC", ec], ["RecommendDoc", `https://api.aliyun.com/troubleshoot?q=${ec}`]);
  }
  return xmlDocument(["Error", elements]);
}

/** The error's fine-grained code; undefined when none is documented. */
export function ecOf(error: CloudError): string | undefined {
  const { EC: ec } = error.details;
  return typeof ec === "string" ? ec : undefined;
}

function detailElement([name, value]: readonly [string, unknown]): XmlElement {
  return typeof value === "object" && value !== null
    ? [name, Object.entries(value).map(detailElement)]
    : [name, String(value)];
}
