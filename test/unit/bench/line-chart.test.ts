import { expect, it } from "vitest";
import { lineChart } from "../../bench/scale/line-chart.ts";

const axis = (scale: "linear" | "logarithmic", values: readonly number[]) => ({
  label: "a label",
  scale,
  ticks: values.map((value) => ({ value, text: String(value) })),
});

it("puts values between the first and the last tick, on linear and on logarithmic axes", () => {
  const svg = lineChart({
    title: "users & <calls>",
    x: axis("logarithmic", [1, 100]),
    y: axis("linear", [0, 10]),
    series: [
      {
        name: "first",
        line: [
          [1, 0],
          [10, 5],
          [100, 10],
        ],
        marks: [[10, 5]],
      },
    ],
  });
  expect(svg).toContain('points="70.0,370.0 285.0,210.0 500.0,50.0"');
  expect(svg).toContain('<circle cx="285.0" cy="210.0"');
  expect(svg).toContain("<title>users &amp; &lt;calls&gt;</title>");
});
