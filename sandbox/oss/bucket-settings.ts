import type { Bucket, CorsRule } from "../world.ts";
import { type Answer, xmlAnswer } from "./answer.ts";
import { documentBody } from "./body.ts";
import { bucketElements } from "./bucket-elements.ts";
import type { BucketCall } from "./call.ts";
import { corsRuleProblem, MAX_CORS_RULES, secondsFrom } from "./cors-rule.ts";
import { invalidArgument, missingArgument, ossError } from "./errors.ts";
import { ownerOf } from "./list-objects.ts";
import { optional, type XmlElement } from "./xml.ts";
import { childrenOf, childText, malformedXml, type XmlNode, xmlFrom } from "./xml-reader.ts";

/** GetBucketInfo. */
export function getBucketInfo({ bucket }: BucketCall): Answer {
  return xmlAnswer([
    "BucketInfo",
    [
      [
        "Bucket",
        [
          ...bucketElements(bucket),
          ["DataRedundancyType", bucket.redundancy],
          ["AccessMonitor", "Disabled"],
          ["CrossRegionReplication", "Disabled"],
          ["TransferAcceleration", "Disabled"],
          ["BlockPublicAccess", "false"],
          ...(bucket.versioning === undefined ? [] : [["Versioning", bucket.versioning] as const]),
          ownerOf(bucket.ownerId),
          ["AccessControlList", [["Grant", bucket.acl]]],
          ["ServerSideEncryptionRule", [["SSEAlgorithm", "None"]]],
        ],
      ],
    ],
  ]);
}

/** HeadBucket: whether the bucket is there, and where. */
export function headBucket({ bucket }: BucketCall): Answer {
  return { status: 200, headers: { "x-oss-bucket-region": `oss-${bucket.region}` } };
}

/** GetBucketLocation. */
export function getBucketLocation({ bucket }: BucketCall): Answer {
  return xmlAnswer(["LocationConstraint", `oss-${bucket.region}`]);
}

/** GetBucketAcl. */
export function getBucketAcl({ bucket }: BucketCall): Answer {
  return xmlAnswer([
    "AccessControlPolicy",
    [ownerOf(bucket.ownerId), ["AccessControlList", [["Grant", bucket.acl]]]],
  ]);
}

/** PutBucketAcl: the ACL is in the x-oss-acl header. */
export function putBucketAcl({ bucket, request }: BucketCall): Answer {
  const text = request.headers["x-oss-acl"];
  if (text === undefined) throw missingArgument("x-oss-acl");
  bucket.acl = bucketAclFrom(text);
  return { status: 200 };
}

/** The x-oss-acl header. Throws 400 InvalidArgument. */
export function bucketAclFrom(text: string): Bucket["acl"] {
  if (text === "private" || text === "public-read" || text === "public-read-write") return text;
  throw invalidArgument("no such bucket access control exists", "x-oss-acl", text);
}

/** GetBucketCors. Throws 404 NoSuchCORSConfiguration. */
export function getBucketCors({ bucket }: BucketCall): Answer {
  if (bucket.cors.length === 0) {
    throw ossError(404, "NoSuchCORSConfiguration", "The CORS Configuration does not exist.");
  }
  return xmlAnswer([
    "CORSConfiguration",
    [...bucket.cors.map(corsRuleElement), ["ResponseVary", String(bucket.corsVary)]],
  ]);
}

/** PutBucketCors: replaces all rules. Throws 400 MalformedXML, InvalidArgument, CORSRuleBeyondLimit. */
export async function putBucketCors(call: BucketCall): Promise<Answer> {
  const root = xmlFrom(await documentBody(call), "CORSConfiguration");
  const rules = childrenOf(root, "CORSRule").map(corsRuleFrom);
  const vary = responseVaryFrom(root);
  if (rules.length === 0) throw malformedXml();
  if (rules.length > MAX_CORS_RULES) {
    throw ossError(400, "CORSRuleBeyondLimit", "The CORS Rules num is beyond limit.");
  }
  call.bucket.cors = rules;
  call.bucket.corsVary = vary;
  return { status: 200 };
}

/** DeleteBucketCors. */
export function deleteBucketCors({ bucket }: BucketCall): Answer {
  bucket.cors = [];
  bucket.corsVary = false;
  return { status: 204 };
}

/** Throws 400 MalformedXML. Source: EC 0034-00000004, which does not tell the code; PutBucketCors: default false. */
function responseVaryFrom(root: XmlNode): boolean {
  const text = childText(root, "ResponseVary")?.trim() ?? "false";
  if (text === "true" || text === "false") return text === "true";
  throw malformedXml("0034-00000004");
}

function corsRuleFrom(node: XmlNode): CorsRule {
  const texts = (name: string) => childrenOf(node, name).map(({ text }) => text.trim());
  const maxAge = childText(node, "MaxAgeSeconds")?.trim();
  const rule: CorsRule = {
    allowedOrigins: texts("AllowedOrigin"),
    allowedMethods: texts("AllowedMethod"),
    allowedHeaders: texts("AllowedHeader"),
    exposeHeaders: texts("ExposeHeader"),
    maxAgeSeconds: maxAge === undefined ? undefined : secondsFrom(maxAge),
  };
  if (rule.allowedOrigins.length === 0 || rule.allowedMethods.length === 0) throw malformedXml();
  const problem = corsRuleProblem(rule);
  if (problem !== undefined) throw invalidArgument(problem.message, problem.element, problem.value);
  return rule;
}

function corsRuleElement(rule: CorsRule): XmlElement {
  const each = (name: string, values: readonly string[]) => values.map((value): XmlElement => [name, value]);
  return [
    "CORSRule",
    [
      ...each("AllowedOrigin", rule.allowedOrigins),
      ...each("AllowedMethod", rule.allowedMethods),
      // In small letters. Source: the official suite for C.
      ...each(
        "AllowedHeader",
        rule.allowedHeaders.map((name) => name.toLowerCase()),
      ),
      ...each("ExposeHeader", rule.exposeHeaders),
      ...optional("MaxAgeSeconds", rule.maxAgeSeconds),
    ],
  ];
}
