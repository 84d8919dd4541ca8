import { announce } from "../page/announce.ts";
import { button } from "../page/button.ts";
import { every } from "../page/cell.ts";
import { fill, h } from "../page/dom.ts";
import { timeText } from "../page/format.ts";
import { showProblem } from "../problem.ts";
import { texts } from "../texts/language.ts";
import { testFile } from "../uploads/test-file.ts";
import type { ExchangeOptions } from "./panel.ts";

const MINUTES = [5, 15, 60] as const;

/** Milliseconds that each part of an upload waits on the slow network. */
const SLOW_MS = 1200;

/** Milliseconds between two looks at the clock. */
const TICK_MS = 1000;

/** The cloud's clock, a slow network, and a file to watch. */
export function showControls(
  place: HTMLElement,
  { session, cloud, folder, uploads, signal }: ExchangeOptions,
): void {
  const t = texts();
  const time = h("output", { class: "cloud-time", "aria-label": t.cloudTime });
  const along = h("input", { type: "checkbox", id: "along" });
  const slow = h("input", { type: "checkbox", id: "slow" });

  const advance = async (minutes: number): Promise<void> => {
    await cloud.advance(minutes * 60_000);
    // The device's clock goes on too, so the client package renews in time. Without it, it finds out from OSS.
    if (along.checked) session.credentials.correctClock(cloud.now());
    announce(t.timePassed(minutes));
    tick();
  };
  const tick = (): void => {
    time.textContent = timeText(cloud.now());
  };
  slow.addEventListener("change", () => {
    cloud.slowDown(slow.checked ? SLOW_MS : 0).catch(showProblem);
  });
  cloud.facts.follow((facts) => {
    if (facts !== undefined) slow.checked = facts.slowMs > 0;
  }, signal);
  every(TICK_MS, tick, signal);
  tick();
  fill(
    place,
    h(
      "div",
      { class: "row clock" },
      time,
      h(
        "div",
        { class: "row", role: "group", "aria-label": t.letTimePass },
        ...MINUTES.map((minutes) =>
          button(
            {
              class: "soft",
              id: `advance-${minutes}`,
              press: () => void advance(minutes).catch(showProblem),
            },
            t.plusMinutes(minutes),
          ),
        ),
      ),
    ),
    h("p", { class: "hint" }, t.timeText),
    h("label", { class: "switch", for: "along" }, along, h("span", {}, t.deviceAlong)),
    h("label", { class: "switch", for: "slow" }, slow, h("span", {}, t.slowNetwork)),
    session.may("write") &&
      button(
        {
          class: "soft wide",
          icon: "upload",
          press: () => {
            const file = testFile();
            uploads.add(file, `${folder.state.value.prefix}${file.name}`);
          },
        },
        t.uploadTestFile,
      ),
  );
}
