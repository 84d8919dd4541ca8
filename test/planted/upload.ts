import type { Bug } from "./bug.ts";

/** `oss-valet-client/upload`: files of two users and bytes of two files never meet, and keys stay where they are. */
export const uploadBugs: readonly Bug[] = [
  {
    name: "upload: the security token goes where a redirect leads",
    in: "client/src/oss/transport.ts#byFetch",
    find: `redirect: "error"`,
    replace: `redirect: "follow"`,
    killedBy: ["client/oss-objects"],
  },
  {
    name: "upload: another user of the device goes on with this one's upload",
    in: "runOf",
    find: `[current.sessionName, place.endpoint`,
    replace: `[place.endpoint`,
    killedBy: ["client/upload-resume"],
  },
  {
    name: "upload: parts of another file with the same size and time are kept",
    in: "multipartOf",
    find: `isSameFile &&= (await checksumOf(bytes)) === part.crc64;`,
    replace: ``,
    killedBy: ["client/upload-resume"],
  },
  {
    name: "upload: a file that changes in between is put together from two",
    in: "multipartOf",
    find: `if ((await checksumOf(bytesOf(part.number))) !== part.crc64) throw fileChanged();`,
    replace: ``,
    killedBy: ["client/upload-multipart"],
  },
  {
    name: "upload: bytes that OSS has otherwise pass",
    in: "isSame",
    find: `theirs === undefined || theirs === crc64`,
    replace: `theirs !== ""`,
    killedBy: ["client/upload"],
  },
  {
    name: "upload: a step .. in a key leads a browser into another user's folder",
    in: "refuseBadKey",
    find: String.raw`|(^|\/)\.\.?(\/|$)`,
    replace: ``,
    killedBy: ["client/upload"],
  },
  {
    name: "upload: overwrite: false forgets a key that is taken while parts are sent",
    in: "multipartOf",
    find: `"content-type": "application/xml", ...overwriting`,
    replace: `"content-type": "application/xml"`,
    killedBy: ["client/upload-multipart"],
  },
  {
    name: "upload: abort leaves the parts in OSS",
    in: "multipartOf",
    find: `if (id !== undefined) await remove(id);`,
    replace: ``,
    killedBy: ["client/upload-multipart"],
  },
  {
    name: "upload: a link says that it lives longer than the credentials that sign it",
    in: "client/src/oss/objects.ts#url",
    find: `Math.min(seconds, leftSeconds, MAX_SECONDS)`,
    replace: `Math.min(seconds, MAX_SECONDS)`,
    killedBy: ["client/oss-objects"],
  },
];
