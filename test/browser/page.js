import { vendedCredentials } from "./credentials.js";
import { withOss } from "./oss.js";

const config = await (await fetch("/config.json")).json();

/** What the tests have a page do with ali-oss. */
const app = {
  answers: [],
  passedMs: 0,

  /** Keeps credentials for the bearer of the App token, and asks for the first ones. */
  async start({ appToken, url = config.credentialsUrl, ossOptions = {} }) {
    app.answers = [];
    app.ossOptions = ossOptions;
    app.credentials = vendedCredentials({
      url,
      appToken: () => appToken,
      onAnswer: (answer) => app.answers.push(answer),
      nowMs: () => Date.now() + app.passedMs,
    });
    return app.credentials.current();
  },

  /** Time passes for everybody: in the cloud, and as the closure sees it. */
  pass: async (ms) => {
    app.passedMs += ms;
    await globalThis.timePasses(ms);
  },

  /** The access keys that were used so far, one for each answer. */
  keys: async () => app.answers.map(({ AccessKeyId }) => AccessKeyId),

  put: (key, text) => oss((client) => client.put(key, new Blob([text], { type: "text/plain" }))),
  list: async (folder) => {
    const query = { prefix: folder, delimiter: "/", "max-keys": 1000 };
    return (await oss((client) => client.list(query))).objects.map(({ name }) => name);
  },
  get: async (key) => new TextDecoder().decode((await oss((client) => client.get(key))).content),
  delete: (key) => oss((client) => client.delete(key)),

  /** Uploads so many bytes and reads back how many there are. */
  multipartUpload: async (key, { bytes, partSize, ...options }) => {
    const file = new File([new Uint8Array(bytes).fill(7)], "film.mp4");
    await oss((client) => client.multipartUpload(key, file, { partSize, ...options }));
    return (await oss((client) => client.get(key))).content.length;
  },

  /** The same with time that passes in the middle. */
  multipartUploadThrough: (ms, key, { bytes, partSize }) => {
    let passed = false;
    const progress = async (share) => {
      if (share === 0 || passed) return;
      passed = true;
      await app.pass(ms);
    };
    return app.multipartUpload(key, { bytes, partSize, parallel: 1, progress });
  },

  /** What anybody gets who opens a signed link: no header of ours goes along. */
  openLink: async (key, seconds) => {
    const url = await oss((client) => client.signatureUrlV4("GET", seconds, {}, key));
    const response = await fetch(url);
    return [response.status, await response.text()];
  },

  /** So many operations that begin at once. */
  putMany: (folder, count) =>
    Promise.all(Array.from({ length: count }, (_, at) => app.put(`${folder}${at}.txt`, String(at)))),
};

function oss(operation) {
  return withOss(app.credentials, operation, app.ossOptions);
}

/** Errors cross to the test as values; what ali-oss answers with cannot cross at all. */
globalThis.ask = async (name, ...args) => {
  try {
    const value = await app[name](...args);
    return { value: value?.res === undefined ? value : value.res.status };
  } catch ({ name, code, status, message }) {
    return { error: { name, code, status, message } };
  }
};
