export interface Axis {
  readonly label: string;
  /** From the lowest to the highest value that is shown. */
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
  readonly scale: "linear" | "logarithmic";
}

export interface Series {
  readonly name: string;
  readonly line: readonly (readonly [x: number, y: number])[];
  /** Drawn as circles. */
  readonly marks?: readonly (readonly [x: number, y: number])[];
}

export interface LineChart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

const WIDTH = 760;
const HEIGHT = 430;
const PLOT = { left: 70, right: 500, top: 50, bottom: 370 };

/** Told apart without colour too, by the dashes. Colours: Okabe and Ito, which colour-blind people can tell apart. */
const STROKES = [
  { colour: "#d55e00", dashes: "" },
  { colour: "#e69f00", dashes: "7 3" },
  { colour: "#009e73", dashes: "12 4" },
  { colour: "#0072b2", dashes: "" },
  { colour: "#56b4e9", dashes: "2 3" },
  { colour: "#555555", dashes: "9 3 2 3" },
];

/** An SVG file. Coordinates have one decimal, so that the same values give the same text. */
export function lineChart({ title, x, y, series }: LineChart): string {
  const toX = position(x, PLOT.left, PLOT.right);
  const toY = position(y, PLOT.bottom, PLOT.top);
  const at = ([px, py]: readonly [number, number]): string => `${toX(px)},${toY(py)}`;
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(title, { x: PLOT.left, y: 25, anchor: "start", size: 15 }),
    ...y.ticks.flatMap((tick) => [
      `<path d="M${PLOT.left} ${toY(tick.value)}H${PLOT.right}" stroke="#dddddd"/>`,
      text(tick.text, { x: PLOT.left - 8, y: Number(toY(tick.value)) + 4, anchor: "end" }),
    ]),
    ...x.ticks.flatMap((tick) => [
      `<path d="M${toX(tick.value)} ${PLOT.bottom}v5" stroke="#333333"/>`,
      text(tick.text, { x: Number(toX(tick.value)), y: PLOT.bottom + 20, anchor: "middle" }),
    ]),
    `<path d="M${PLOT.left} ${PLOT.bottom}H${PLOT.right}" stroke="#333333"/>`,
    text(x.label, { x: (PLOT.left + PLOT.right) / 2, y: PLOT.bottom + 42, anchor: "middle" }),
    text(y.label, { x: PLOT.left, y: 42, anchor: "start", size: 12 }),
    ...series.flatMap(({ name, line, marks = [] }, index) => {
      const { colour, dashes } = STROKES[index % STROKES.length] as (typeof STROKES)[number];
      const stroke = `fill="none" stroke="${colour}" stroke-width="2"${dashes ? ` stroke-dasharray="${dashes}"` : ""}`;
      const legendY = PLOT.top + 20 + index * 24;
      return [
        `<polyline points="${line.map(at).join(" ")}" ${stroke}/>`,
        ...marks.map((mark) => `<circle cx="${toX(mark[0])}" cy="${toY(mark[1])}" r="4" fill="${colour}"/>`),
        `<path d="M${PLOT.right + 15} ${legendY}h28" ${stroke}/>`,
        text(name, { x: PLOT.right + 50, y: legendY + 4, anchor: "start", size: 12 }),
      ];
    }),
    "</svg>",
  ];
  return `${lines.join("\n")}\n`;
}

/** From a value to a coordinate, between those of the first and the last tick. */
function position({ ticks, scale }: Axis, from: number, to: number): (value: number) => string {
  const on = scale === "linear" ? (value: number) => value : Math.log;
  const low = on(ticks[0]?.value ?? Number.NaN);
  const high = on(ticks.at(-1)?.value ?? Number.NaN);
  return (value) => (from + ((to - from) * (on(value) - low)) / (high - low)).toFixed(1);
}

function text(
  of: string,
  {
    x,
    y,
    anchor,
    size = 13,
  }: { readonly x: number; readonly y: number; readonly anchor: string; readonly size?: number },
): string {
  return `<text x="${x}" y="${y.toFixed(1)}" text-anchor="${anchor}" font-size="${size}" fill="#222222">${escaped(of)}</text>`;
}

function escaped(of: string): string {
  return of.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
