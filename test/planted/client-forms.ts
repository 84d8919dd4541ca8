import type { Bug } from "./bug.ts";

const PAGE = ["client/forms"];
const MINI = ["client/mini-program"];

/** `oss-valet-client/forms` and `/mini-program`: the App token stays with the function, a form goes out as it was signed. */
export const clientFormsBugs: readonly Bug[] = [
  {
    name: "client forms: the App token goes over http to any host",
    threat: "C1",
    in: "client/src/forms/ask.ts#askOf",
    find: `const uploads = safeEndpoint(endpoint, "/uploads");`,
    replace: `const uploads = endpoint;`,
    killedBy: [...PAGE, ...MINI],
  },
  {
    name: "client forms: the App token stands in the address, and so in every log on its way",
    threat: "C5",
    in: "client/src/forms/ask.ts#askOf",
    find: `url: root + path,`,
    replace: `url: root + path + "?token=" + (await tokenFrom(appToken, refused)),`,
    killedBy: [...PAGE, ...MINI],
  },
  {
    name: "client forms: the App token goes where a redirect of the function leads",
    threat: "C1",
    in: "createForms",
    find: `transportOf({ fetch: options.fetch ?? globalThis.fetch })`,
    replace: `transportOf(options)`,
    killedBy: PAGE,
  },
  {
    name: "client forms: wx takes the App token where a redirect leads",
    threat: "C1",
    in: "client/src/mini-program/calls.ts#postBy",
    find: `redirect: "manual",`,
    replace: `redirect: "follow" as "manual",`,
    killedBy: MINI,
  },
  {
    name: "client forms: a page sends OSS the App token",
    threat: "C1",
    in: "client/src/forms/ask.ts#askOf",
    find: `if (answer.status === 200 && Array.isArray(items)) return items;`,
    replace: `if (answer.status === 200 && Array.isArray(items)) {
      const token = await tokenFrom(appToken, false);
      return items.map((item) => ({ ...item, Fields: { ...item?.Fields, token } }));
    }`,
    killedBy: [...PAGE, ...MINI],
  },
  {
    name: "client forms: the file goes before the fields, and OSS reads none of them",
    in: "client/src/forms.ts#post",
    find: `const form = new FormData();`,
    replace: `const form = new FormData(); form.append("file", file, "file");`,
    killedBy: PAGE,
  },
  {
    name: "client forms: the fields of a page's form are in another order",
    in: "client/src/forms.ts#post",
    find: `Object.entries(Fields)`,
    replace: `Object.entries(Fields).reverse()`,
    killedBy: PAGE,
  },
  {
    name: "client forms: the fields of a mini program's form are in another order",
    in: "client/src/mini-program/calls.ts#uploadBy",
    find: `formData: Fields,`,
    replace: `formData: Object.fromEntries(Object.entries(Fields).reverse()),`,
    killedBy: MINI,
  },
  {
    name: "client forms: a page's form takes any size up to the rule's limit",
    threat: "F4",
    in: "createForms",
    find: `file.type || "application/octet-stream", bytes`,
    replace: `file.type || "application/octet-stream"`,
    killedBy: PAGE,
  },
  {
    name: "client forms: a form that has ended is renewed for ever",
    in: "sentByForm",
    find: `renewed = true;`,
    replace: ``,
    killedBy: [...PAGE, ...MINI],
  },
  {
    name: "client forms: what OSS refuses is sent again and again",
    in: "client/src/oss/oss-error.ts#ossErrorFrom",
    find: `status > 499 ||`,
    replace: `status > 399 ||`,
    killedBy: MINI,
  },
  {
    name: "client forms: a proxy's page with status 200 is taken for a stored file",
    in: "sentByForm",
    find: `answer.status === 200 && answer.text === ""`,
    replace: `answer.status === 200`,
    killedBy: MINI,
  },
  {
    name: "client forms: a mini program goes on after abort",
    in: "client/src/mini-program/calls.ts#called",
    find: `task?.abort?.();`,
    replace: ``,
    killedBy: MINI,
  },
  {
    name: "client forms: upload takes a form though the App token is refused",
    in: "createForms",
    find: `hasCode(by, "StsThrottled", "AccessDenied")`,
    replace: `hasCode(by, "StsThrottled", "AccessDenied", "InvalidToken")`,
    killedBy: PAGE,
  },
];
