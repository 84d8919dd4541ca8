import { createCredentials } from "oss-valet-client";
import { ossClient } from "oss-valet-client/ali-oss";

const { OSS } = globalThis;
const { credentialsUrl: endpoint } = await (await fetch("/config.json")).json();

let client;

/** What the tests have a page do with ali-oss. */
const app = {
  /** Signs in the bearer of the App token. Gives the prefix of the user's folder. */
  async start({ appToken, options = {} }) {
    const login = { token: () => appToken };
    const credentials = createCredentials({ endpoint, appToken: () => login.token() });
    client = await ossClient(OSS, credentials, options);
    return (await credentials.get()).prefix;
  },

  put: (key, text) => client.put(key, new Blob([text], { type: "text/plain" })),
  list: async (folder) => {
    const { objects } = await client.list({ prefix: folder, delimiter: "/", "max-keys": 1000 });
    return objects.map(({ name }) => name);
  },
  get: async (key) => new TextDecoder().decode((await client.get(key)).content),
  delete: (key) => client.delete(key),

  /** Uploads so many bytes and reads back how many there are. */
  multipartUpload: async (key, { bytes, partSize, progress = () => {} }) => {
    const file = new File([new Uint8Array(bytes).fill(7)], "film.mp4");
    await client.multipartUpload(key, file, { partSize, parallel: 3, progress });
    return (await client.get(key)).content.length;
  },

  /** What anybody gets who opens a signed link: no header of ours goes along. */
  openLink: async (key, seconds) => {
    const url = await client.signatureUrlV4("GET", seconds, {}, key);
    const response = await fetch(url);
    return [response.status, await response.text()];
  },
};

/** Errors cross to the test as values; what ali-oss answers with cannot cross at all. */
globalThis.ask = async (name, ...args) => {
  try {
    const value = await app[name](...args);
    return { value: value?.res === undefined ? value : value.res.status };
  } catch ({ name, code, status, message }) {
    return { error: { name, code, status, message } };
  }
};
