import { expect, it } from "vitest";
import { CREDENTIALS_SETTINGS } from "../../functions/credentials/config.ts";
import { GATE_SETTINGS } from "../../functions/http/gate-settings.ts";
import { HTTP_SETTINGS } from "../../functions/http/http-settings.ts";
import { knownHere } from "../support/docs-commands/checker.ts";
import { settingNames } from "../support/settings-doc.ts";

const { valet } = await knownHere();

it("docs/settings.md explains every setting of the functions", () => {
  const all = [...CREDENTIALS_SETTINGS, ...GATE_SETTINGS, ...HTTP_SETTINGS].map(({ name }) => name);
  expect(all.filter((name) => !settingNames("functions").includes(name))).toEqual([]);
});

it.each([...valet.keys()])("docs/settings.md explains every setting in the help of valet %s", (name) => {
  const settings = valet.get(name)?.settings ?? {};
  const named = Object.keys(settings).flatMap(
    (text) => text.match(/(?<![\w.])[A-Z][A-Z\d]*_[A-Z\d_]+/g) ?? [],
  );
  const explained = [...settingNames("functions"), ...settingNames("commands")];
  expect(named.filter((one) => !explained.includes(one))).toEqual([]);
});

it("its table of the commands' settings has none that no command reads", () => {
  const helps = [...valet.values()].map(({ settings = {} }) => Object.keys(settings).join(" ")).join(" ");
  // ACCESS_FILE is of all commands: the overview of valet names it.
  const own = settingNames("commands").filter(
    (name) => name !== "ACCESS_FILE" && !/_ACCESS_KEY_SECRET$|_TOKEN$/.test(name),
  );
  expect(own).toContain("LOG_PROJECT");
  expect(own.filter((name) => !helps.includes(name))).toEqual([]);
});
