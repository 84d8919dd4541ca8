import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { CloudError } from "../../../sandbox/cloud-error.ts";
import { canonicalQuery, decodedPairs } from "../../../sandbox/sts/percent-encoding.ts";
import { readRpcRequest, refuseDuplicates } from "../../../sandbox/sts/rpc-request.ts";
import { type FuzzTarget, law } from "../engine/target.ts";

/** An input: method, address and type of the body on the first three lines, then the body. */
const CALLS = [
  "GET\n/?Action=AssumeRole&Version=2015-04-01&RoleSessionName=alice&RoleArn=acs%3Aram%3A%3A1%3Arole%2Fa\n\n",
  "POST\n/\napplication/x-www-form-urlencoded; charset=utf-8\nAction=AssumeRole&Policy=%7B%22Version%22%3A%221%22%7D&a=b+c",
  'POST\n/?a=1\napplication/json\n{"Action":"AssumeRole","DurationSeconds":900,"x":true}',
  "GET\n/?a=1&a=2&&=&b=%E7%88%B1\n\n",
  "PUT\n/\ntext/plain\nx",
];

/**
 * The sandbox's reader of RPC requests (STS, RAM): parameters, or one of its four errors. A query is read as the WHATWG's
 * reader reads it, and what is read is read again from its canonical form.
 */
export const target: FuzzTarget = {
  name: "sandbox-rpc",
  seeds: CALLS,
  dictionary: ["%00", "%C3%A9", "%zz", "+", "&", "=", "?", "application/json", "Action=", "__proto__"],
  run: async (input) => {
    const [method = "", url = "", type = "", ...rest] = input.toString("latin1").split("\n");
    const body = Buffer.from(rest.join("\n"), "latin1");
    const message = Object.assign(Readable.from(body.length === 0 ? [] : [body]), {
      method,
      url,
      headers: type === "" ? {} : { "content-type": type },
      socket: { remoteAddress: "::ffff:127.0.0.1" },
    }) as unknown as IncomingMessage;
    let request: Awaited<ReturnType<typeof readRpcRequest>>;
    try {
      request = await readRpcRequest(message);
    } catch (error) {
      law(
        "a request is refused with an error of the API gateway",
        error instanceof CloudError &&
          error.status >= 400 &&
          error.status < 500 &&
          /^(UnsupportedHTTPMethod|RequestTooLarge|InvalidParameter(\.ContentType)?)$/.test(error.code),
        () => String(error),
      );
      return;
    }
    const { pairs, parameters, query } = request;
    const [, asWritten = ""] = /^[^?]*\?(.*)$/s.exec(url) ?? [];
    law("the query is what stands behind the question mark", query === asWritten);
    for (const [name, value] of pairs)
      law(
        "each name has its first value",
        parameters.get(name) === pairs.find((pair) => pair[0] === name)?.[1],
        () => [name, value],
      );
    law(
      "a query is read as the WHATWG reads it",
      same(decodedPairs(query), [...new URLSearchParams(`?${query}`)]),
      () => query,
    );
    const wellFormed = pairs.every((pair) => pair.every((text) => text.isWellFormed()));
    if (wellFormed)
      law(
        "the canonical form has the same pairs",
        same(sorted(decodedPairs(canonicalQuery(pairs))), sorted(pairs)),
        () => pairs,
      );
    law(
      "a name that occurs twice is refused, and no other",
      refusesDuplicates(request) === parameters.size < pairs.length,
    );
  },
};

type Pairs = readonly (readonly [string, string])[];

function refusesDuplicates(request: Parameters<typeof refuseDuplicates>[0]): boolean {
  try {
    refuseDuplicates(request);
    return false;
  } catch {
    return true;
  }
}

function same(one: Pairs, other: Pairs): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function sorted(pairs: Pairs): Pairs {
  return pairs.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
