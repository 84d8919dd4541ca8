import { createForms } from "../../client/src/forms.ts";
import { createCredentials } from "../../client/src/index.ts";
import { upload } from "../../client/src/upload.ts";

/** What the tests have a page do. Bundled, and put into the example page: its origin is the one that CORS allows. */
globalThis.app = {
  signIn: ({ uploadsUrl, credentialsUrl, token }) => {
    const appToken = () => token;
    app.forms = createForms({ endpoint: uploadsUrl, appToken });
    app.credentials = createCredentials({ endpoint: credentialsUrl, appToken, tabs: false });
  },

  /** Uploads the file of the page's input through a form. */
  upload: (options) => {
    const [file] = document.querySelector("#chosen").files;
    app.progress = [];
    return ended(app.forms.upload(file, { ...options, onProgress: (now) => app.progress.push(now) }));
  },
  /** The same by `oss-valet-client/upload`. */
  uploadWithCredentials: (options) => {
    const [file] = document.querySelector("#chosen").files;
    return ended(upload(app.credentials, file, { ...options, forms: app.forms }).done);
  },
  urls: (keys, options) => ended(app.forms.urls(keys, options)),

  /** A plain HTML form, as a server writes it into a page: hidden inputs in their order, then the file. */
  showForm: ({ Url, Fields }) => {
    const form = Object.assign(document.createElement("form"), {
      id: "plain",
      action: Url,
      method: "post",
      enctype: "multipart/form-data",
    });
    for (const [name, value] of Object.entries(Fields)) {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
    form.append(
      Object.assign(document.createElement("input"), { type: "file", name: "file", id: "plain-file" }),
    );
    form.append(Object.assign(document.createElement("button"), { type: "submit", textContent: "Send" }));
    document.body.append(form);
  },
};

function ended(promise) {
  return promise.then(
    (value) => ({ value }),
    (error) => ({ error: { ...error, name: error.name, message: error.message } }),
  );
}
