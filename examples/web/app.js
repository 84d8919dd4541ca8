import { vendedCredentials } from "./credentials.js";
import { withOss } from "./oss.js";
import { problemOf } from "./problems.js";

/** Bytes in one part. The minimum of OSS is 100 KB; smaller files are uploaded in one piece. */
const PART_SIZE = 1024 * 1024;
/** Seconds. A link to a file works this long, but never longer than the credentials that signed it. */
const LINK_SECONDS = 15 * 60;

/** credentialsUrl, loginUrl, audienceClaims, userClaim, ossOptions: `npm start` serves them with the addresses of its local cloud. */
const config = await (await fetch("config.json")).json();
const $ = (id) => document.getElementById(id);

/** The signed-in user, or undefined. Exists only as long as the page: never store credentials. */
let session;

async function signIn(name) {
  const login = { sub: name, [config.userClaim]: name, ...config.audienceClaims };
  const response = await fetch(config.loginUrl, { method: "POST", body: new URLSearchParams(login) });
  const { access_token: appToken, error_description: why } = await response.json();
  if (!response.ok) throw new Error(why);
  step("POST /token", `The login service gives ${name} an App token.`);
  const credentials = vendedCredentials({
    url: config.credentialsUrl,
    appToken: () => appToken,
    onAnswer: (answer) => {
      step("GET /credentials", `The function answers with keys that open ${answer.KeyPrefix} for this user.`);
      showFacts(answer);
    },
  });
  session = { credentials, home: (await credentials.current()).KeyPrefix };
  $("user").textContent = name;
  $("home").textContent = session.home;
  for (const id of ["desk", "who"]) $(id).hidden = false;
  $("sign-in").hidden = true;
  await open(session.home);
}

function signOut() {
  session = undefined;
  for (const id of ["desk", "who", "problem", "link"]) $(id).hidden = true;
  for (const id of ["rows", "steps", "facts"]) $(id).replaceChildren();
  $("sign-in").hidden = false;
  $("name").select();
}

/** Sends an operation from this page directly to OSS; the function does not see it. */
async function oss(what, outcome, operation) {
  try {
    const result = await withOss(session.credentials, operation, config.ossOptions);
    step(what, outcome);
    return result;
  } catch (error) {
    step(what, problemOf(error).detail, false);
    throw error;
  }
}

async function open(folder) {
  $("folder").value = folder;
  $("listing").hidden = true;
  $("link").hidden = true;
  const query = { prefix: folder, delimiter: "/", "max-keys": 1000 };
  const listed = await oss(`GET ?prefix=${folder}`, "OSS lists the folder.", (client) => client.list(query));
  show(folder, listed.prefixes ?? [], listed.objects);
}

async function upload(files) {
  const folder = $("folder").value;
  const progress = (share) => {
    $("progress").value = share;
  };
  try {
    for (const file of files) {
      const key = `${folder}${file.name}`;
      progress(0);
      $("progress").hidden = false;
      await oss(`PUT ${key}`, `${sizeOf(file.size)}, from here to OSS directly.`, (client) =>
        client.multipartUpload(key, file, { partSize: PART_SIZE, parallel: 3, progress }),
      );
    }
  } finally {
    $("progress").hidden = true;
    $("file").value = "";
  }
  await open(folder);
}

async function download(key) {
  const { content, res } = await oss(`GET ${key}`, "OSS answers with the file.", (client) => client.get(key));
  const url = URL.createObjectURL(new Blob([content], { type: res.headers["content-type"] }));
  Object.assign(document.createElement("a"), { href: url, download: lastStepOf(key) }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

async function link(key) {
  const url = await oss(`Sign GET ${key}`, "No request: the page signs the link with its keys.", (client) =>
    client.signatureUrlV4("GET", LINK_SECONDS, {}, key),
  );
  const anchor = element("a", { href: url, target: "_blank", rel: "noreferrer" }, lastStepOf(key));
  $("link").replaceChildren(
    "A link to ",
    anchor,
    `: whoever has it can read the file, for ${LINK_SECONDS / 60} minutes.`,
  );
  $("link").hidden = false;
}

async function remove(key) {
  await oss(`DELETE ${key}`, "OSS deletes the file.", (client) => client.delete(key));
  await open($("folder").value);
}

function show(folder, folders, objects) {
  const files = objects.filter(({ name }) => name !== folder);
  $("rows").replaceChildren(...folders.map(folderRow), ...files.map(fileRow));
  $("empty").hidden = folders.length + files.length > 0;
  $("listing").hidden = false;
}

function folderRow(folder) {
  const name = element("button", { type: "button", className: "link" }, lastStepOf(folder));
  name.onclick = () => attempt(() => open(folder));
  return element("tr", {}, element("td", { colSpan: 4 }, name));
}

function fileRow({ name, size, lastModified }) {
  const todo = [
    ["Download", download],
    ["Link", link],
    ["Delete", remove],
  ].map(([label, run]) => {
    const button = element("button", { type: "button", className: "link" }, label);
    button.onclick = () => attempt(() => run(name), button);
    return button;
  });
  return element(
    "tr",
    {},
    element("td", {}, lastStepOf(name)),
    element("td", { className: "number" }, sizeOf(size)),
    element(
      "td",
      { className: "when" },
      new Date(lastModified).toLocaleString([], { dateStyle: "medium", timeStyle: "short" }),
    ),
    element("td", { className: "todo" }, ...todo),
  );
}

function showFacts(answer) {
  const facts = {
    Opens: `${answer.OssBucket}/${answer.KeyPrefix}`,
    For: answer.Permissions.split(",").join(", "),
    Until: new Date(answer.Expiration).toLocaleTimeString([], { timeStyle: "short" }),
    Key: `${answer.AccessKeyId.slice(0, 10)}…`,
    "In audits": answer.SessionName,
  };
  const rows = Object.entries(facts).flatMap(([name, value]) => [
    element("dt", {}, name),
    element("dd", {}, value),
  ]);
  $("facts").replaceChildren(...rows);
  $("drop").classList.toggle("off", !answer.Permissions.split(",").includes("write"));
}

function step(what, outcome, ok = true) {
  const entry = element("li", { className: ok ? "" : "no" }, element("b", {}, what), element("br"), outcome);
  $("steps").prepend(entry);
  while ($("steps").children.length > 30) $("steps").lastChild.remove();
}

/** Runs what the user asked for. If it fails, shows the problem in words. */
async function attempt(run, button) {
  $("problem").hidden = true;
  if (button) button.disabled = true;
  try {
    await run();
  } catch (error) {
    const { title, advice, detail } = problemOf(error);
    $("problem-title").textContent = title;
    $("problem-advice").textContent = advice;
    $("problem-detail").textContent = detail;
    $("problem").hidden = false;
    $("problem").scrollIntoView({ block: "nearest" });
  } finally {
    if (button) button.disabled = false;
  }
}

/** Inserts text only as text: a file could be called `<img onerror=…>`. */
function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function lastStepOf(key) {
  return key.split("/").findLast((part) => part !== "") ?? key;
}

function sizeOf(bytes) {
  const units = ["bytes", "KB", "MB", "GB"];
  const at = Math.min(units.length - 1, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1024)));
  return `${(bytes / 1024 ** at).toLocaleString([], { maximumFractionDigits: at === 0 ? 0 : 1 })} ${units[at]}`;
}

$("sign-in").onsubmit = (event) => {
  event.preventDefault();
  void attempt(() => signIn($("name").value.trim()), event.submitter);
};
$("go").onsubmit = (event) => {
  event.preventDefault();
  void attempt(() => open($("folder").value), event.submitter);
};
$("home").onclick = () => attempt(() => open(session.home));
$("sign-out").onclick = signOut;
$("problem-close").onclick = () => {
  $("problem").hidden = true;
};
$("file").onchange = () => attempt(() => upload([...$("file").files]));
$("drop").ondragover = (event) => {
  event.preventDefault();
  $("drop").classList.add("over");
};
$("drop").ondragleave = () => $("drop").classList.remove("over");
$("drop").ondrop = (event) => {
  event.preventDefault();
  $("drop").classList.remove("over");
  void attempt(() => upload([...event.dataTransfer.files]));
};
