import { createCredentials } from "../../client/src/index.ts";
import { list, remove, upload, url } from "../../client/src/upload.ts";

/** What the tests have a page do. Bundled, and put into the example page: its origin is the one that CORS allows. */
globalThis.app = {
  signIn: (endpoint, appToken) => {
    app.credentials = createCredentials({ endpoint, appToken: () => appToken, tabs: false });
  },

  /** Uploads the file of the page's input. `pauseAt`: bytes from which on it pauses. */
  start: (options, pauseAt = Number.POSITIVE_INFINITY) => {
    const [file] = document.querySelector("#chosen").files;
    app.progress = [];
    app.task = upload(app.credentials, file, {
      ...options,
      onProgress: ({ loaded }) => {
        app.progress.push(loaded);
        if (loaded >= pauseAt) app.task.pause();
      },
    });
  },

  done: () =>
    app.task.done.then(
      (value) => ({ value }),
      (error) => ({ error: { ...error, name: error.name, message: error.message } }),
    ),
  state: () => app.task.state,
  resume: () => app.task.resume(),
  abort: () => app.task.abort(),
  list: (options) => list(app.credentials, options),
  remove: (key) => remove(app.credentials, key),
  url: (key, options) => url(app.credentials, key, options),

  /** Everything that the page's IndexedDB holds, as text. */
  kept: async () => {
    const texts = [];
    for (const { name } of await indexedDB.databases()) {
      const database = await asked(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        const objects = database.transaction(store).objectStore(store);
        const [keys, values] = await Promise.all([asked(objects.getAllKeys()), asked(objects.getAll())]);
        texts.push(...keys.map((key, at) => JSON.stringify([key, values[at]])));
      }
      database.close();
    }
    return texts;
  },
  keys: async () => {
    const { accessKeyId, accessKeySecret, securityToken } = await app.credentials.get();
    return [accessKeyId, accessKeySecret, securityToken];
  },
};

function asked(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
