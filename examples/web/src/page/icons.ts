import { s } from "./dom.ts";

/** Drawn on a field of 24 by 24, in lines. */
const PATHS = {
  upload: "M12 16V4m0 0L7 9m5-5 5 5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3",
  folder:
    "M3 7a1.5 1.5 0 0 1 1.5-1.5h4.2l2 2.3h8.8A1.5 1.5 0 0 1 21 9.3v8.2a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 17.500z",
  folderPlus:
    "M3 7a1.5 1.5 0 0 1 1.5-1.5h4.2l2 2.3h8.8A1.5 1.5 0 0 1 21 9.3v8.2a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 17.500zM12 11v5m-2.5-2.500h5",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.700l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.700l1-1",
  bin: "M5 7h14M10 7V5h4v2M7 7l.7 12h8.600L17 7M10.5 11v4.500m3-4.500v4.5",
  play: "M8 5.500v13l10.5-6.500z",
  pause: "M8.5 6v12m7-12v12",
  close: "M6.5 6.500l11 11m0-11-11 11",
  check: "M5 12.500l4.5 4.500L19 7.5",
  moon: "M19.5 14.500A8 8 0 0 1 9.5 4.500a8 8 0 1 0 10 10z",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.500v2m0 15v2M2.5 12h2m15 0h2M5.3 5.300l1.4 1.400m10.6 10.6 1.4 1.400m0-13.4-1.4 1.400M6.7 17.300l-1.4 1.4",
  key: "M8 11.500a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10.5 12.500L19 4m-3 3 2.5 2.500M13 10l2 2",
  clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4.300l3 1.7",
  file: "M7 3.500h6.500L18 8v11.500a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1v-15a1 1 0 0 1 1-1zM13 3.500V8.500h5",
  film: "M4 6h16v12H4zM8 6v12m8-12v12M4 10h4m8 0h4M4 14h4m8 0h4",
  music:
    "M9 17.500V6l9.5-1.800v11.300M9 17.500a2.3 2.3 0 1 1-4.6 0 2.3 2.3 0 0 1 4.6 0zM18.5 15.500a2.3 2.3 0 1 1-4.6 0 2.3 2.3 0 0 1 4.6 0z",
  text: "M7 3.500h6.500L18 8v11.500a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1v-15a1 1 0 0 1 1-1zM9 12h6m-6 3.500h4.5",
  picture: "M4 5.500h16v13H4zM4 15l4.5-4 4 3.5 2.5-2 5 4M15.5 9.500h.01",
  next: "M9 5l7 7-7 7",
  back: "M15 5l-7 7 7 7",
  warning: "M12 4.500L3 19.500h18zM12 10.500v4m0 2.400v.1",
  copy: "M9 9h10v11H9zM15 9V4H5v11h4",
  open: "M14 4.500h5.500V10M19.5 4.500L11 13M17 13.500V19a.5.5 0 0 1-.5.5H5.500A.5.5 0 0 1 5 19V8a.5.5 0 0 1 .5-.5H11",
  download: "M12 4v12m0 0-5-5m5 5 5-5M5 20h14",
  sparkle: "M12 4l1.8 5.200L19 11l-5.2 1.800L12 18l-1.8-5.200L5 11l5.2-1.800zM18.5 16v4m-2-2h4",
  shield: "M12 3.500l7 2.500v5.500c0 4.3-2.9 7.5-7 9-4.1-1.5-7-4.7-7-9V6z",
  leave: "M14 7V5a1 1 0 0 0-1-1H6a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h7a1 1 0 0 0 1-1v-2M10 12h10m0 0-3-3m3 3-3 3",
} as const;

export type IconName = keyof typeof PATHS;

/** A picture that says nothing to a screen reader: the label is the button's. */
export function icon(name: IconName): SVGSVGElement {
  return s(
    "svg",
    { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" },
    s("path", { d: PATHS[name] }),
  );
}
