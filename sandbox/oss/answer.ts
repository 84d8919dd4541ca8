import { randomBytes } from "node:crypto";
import type { Content } from "../world.ts";
import { type XmlElement, xmlDocument } from "./xml.ts";

/** What an operation answers with; the server adds what every answer has. */
export interface Answer {
  readonly status: number;
  /** Lower-case names; content-length is the server's business. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | ContentRange;
  /** The stored bytes go out compressed, without Content-Length. */
  readonly gzip?: boolean;
}

/** A part of stored bytes: from `start` up to, not including, `end`. */
export interface ContentRange {
  readonly content: Content;
  readonly start: number;
  readonly end: number;
}

/** 200 and an XML document. */
export function xmlAnswer(root: XmlElement, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 200, headers: { "content-type": "application/xml", ...headers }, body: xmlDocument(root) };
}

/** 24 upper-case hex digits, the form of OSS's request ids. */
export function newOssRequestId(): string {
  return randomBytes(12).toString("hex").toUpperCase();
}
