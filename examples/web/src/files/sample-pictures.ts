/** Pixels. */
const [WIDTH, HEIGHT] = [960, 720];

interface Scene {
  readonly name: string;
  /** From the top of the sky to its foot. */
  readonly sky: readonly [string, string, string];
  readonly sun: readonly [x: number, y: number, size: number, colour: string];
  /** From the farthest ridge to the nearest one. */
  readonly ridges: readonly string[];
}

const SCENES: readonly Scene[] = [
  {
    name: "West Lake, morning.webp",
    sky: ["#f9d8a7", "#f7b787", "#ee8e6f"],
    sun: [0.68, 0.34, 64, "#fff4dc"],
    ridges: ["#c9796b", "#9a5a63", "#633f57", "#33263d"],
  },
  {
    name: "Qiantang River.webp",
    sky: ["#d7ecf2", "#b9dde4", "#f5e6cf"],
    sun: [0.28, 0.28, 48, "#fffdf4"],
    ridges: ["#8fbcc4", "#5c97a3", "#346e7c", "#183f4c"],
  },
  {
    name: "Longjing tea hills.webp",
    sky: ["#e9f3d6", "#d3e8b9", "#f7efc6"],
    sun: [0.8, 0.22, 40, "#fffbe2"],
    ridges: ["#a9cb86", "#78ab63", "#4a8350", "#24553c"],
  },
  {
    name: "Moon over the pagoda.webp",
    sky: ["#141b3c", "#27305f", "#5a4c86"],
    sun: [0.36, 0.3, 54, "#f8efd0"],
    ridges: ["#453e72", "#312d59", "#201d40", "#0f0e24"],
  },
  {
    name: "Dusk in October.webp",
    sky: ["#3b2c5a", "#a04a6d", "#f39a5e"],
    sun: [0.52, 0.52, 84, "#ffd58a"],
    ridges: ["#7c3f63", "#582f55", "#371f3f", "#1b1026"],
  },
];

/** Landscapes, drawn here: an empty folder shows little, and no picture has to be downloaded for it. */
export async function samplePictures(): Promise<readonly File[]> {
  return Promise.all(
    SCENES.map(async (scene, at) => new File([await drawn(scene, at)], scene.name, { type: "image/webp" })),
  );
}

function drawn(scene: Scene, seed: number): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const pen = canvas.getContext("2d");
  if (pen === null) return Promise.reject(new Error("this browser draws no canvas"));
  drawSky(pen, scene);
  for (const [at, colour] of scene.ridges.entries())
    drawRidge(pen, colour, at / scene.ridges.length, seed * 7 + at);
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob === null ? reject(new Error("no picture was made")) : resolve(blob)),
      "image/webp",
      0.9,
    );
  });
}

function drawSky(pen: CanvasRenderingContext2D, { sky, sun: [x, y, size, colour] }: Scene): void {
  const ground = pen.createLinearGradient(0, 0, 0, HEIGHT * 0.8);
  for (const [at, stop] of sky.entries()) ground.addColorStop(at / (sky.length - 1), stop);
  pen.fillStyle = ground;
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  const glow = pen.createRadialGradient(x * WIDTH, y * HEIGHT, size * 0.4, x * WIDTH, y * HEIGHT, size * 4);
  glow.addColorStop(0, `${colour}b0`);
  glow.addColorStop(1, `${colour}00`);
  pen.fillStyle = glow;
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  pen.fillStyle = colour;
  pen.beginPath();
  pen.arc(x * WIDTH, y * HEIGHT, size, 0, Math.PI * 2);
  pen.fill();
}

/** A row of hills: three waves of different lengths. `depth`: 0 far away, nearly 1 in front. */
function drawRidge(pen: CanvasRenderingContext2D, colour: string, depth: number, seed: number): void {
  const base = HEIGHT * (0.52 + depth * 0.5);
  const height = HEIGHT * (0.13 - depth * 0.03);
  pen.fillStyle = colour;
  pen.beginPath();
  pen.moveTo(0, HEIGHT);
  for (let x = 0; x <= WIDTH; x += 4) {
    const at = x / WIDTH;
    const wave =
      Math.sin(at * 5.2 + seed * 2.1) +
      0.5 * Math.sin(at * 11.7 + seed * 5.3) +
      0.18 * Math.sin(at * 37 + seed);
    pen.lineTo(x, base - wave * height * 0.62);
  }
  pen.lineTo(WIDTH, HEIGHT);
  pen.fill();
}
