import { createElement as e, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createApp, h } from "vue";
import { createCredentials } from "../../client/src/index.ts";
import { useUpload as useReactUpload } from "../../client/src/react.ts";
import { useUpload as vueUpload } from "../../client/src/vue.ts";

const options = { partSize: 1024 * 1024 };
const buttons = ["pause", "resume", "abort"];
const chosen = (event) => [...event.target.files];
const shown = ({ file, state, progress }) => `${file.name} ${state} ${progress.loaded}`;

function ReactFiles({ credentials, settings }) {
  const { items, start, clear } = useReactUpload(credentials, options, settings);
  return e(
    "div",
    {},
    e("input", { type: "file", multiple: true, onChange: (event) => start(chosen(event)) }),
    e("button", { type: "button", onClick: clear }, "clear"),
    e(
      "ul",
      {},
      items.map((item) =>
        e(
          "li",
          { key: item.id },
          shown(item),
          buttons.map((name) => e("button", { type: "button", key: name, onClick: item[name] }, name)),
        ),
      ),
    ),
  );
}

const VueFiles = {
  props: ["credentials", "settings"],
  setup({ credentials, settings }) {
    const { items, start, clear } = vueUpload(credentials, options, settings);
    return () =>
      h("div", [
        h("input", { type: "file", multiple: true, onChange: (event) => start(chosen(event)) }),
        h("button", { onClick: clear }, "clear"),
        h(
          "ul",
          items.value.map((item) =>
            h("li", { key: item.id }, [
              shown(item),
              ...buttons.map((name) => h("button", { onClick: item[name] }, name)),
            ]),
          ),
        ),
      ]);
  },
};

/** Puts a list of files with the framework's hook into the page. */
globalThis.mount = (framework, endpoint, appToken, settings) => {
  const credentials = createCredentials({ endpoint, appToken: () => appToken, tabs: false });
  const place = document.body.appendChild(document.createElement("div"));
  place.id = "files";
  if (framework === "react") {
    const root = createRoot(place);
    root.render(e(StrictMode, {}, e(ReactFiles, { credentials, settings })));
    globalThis.unmount = () => root.unmount();
  } else {
    const app = createApp(VueFiles, { credentials, settings });
    app.mount(place);
    globalThis.unmount = () => app.unmount();
  }
};
