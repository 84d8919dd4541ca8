import type { IconName } from "../page/icons.ts";

export type Kind = "picture" | "film" | "sound" | "text" | "other";

/** By the end of the name: a list of OSS has no types. */
const KINDS: Readonly<Record<string, Kind>> = Object.fromEntries(
  (
    [
      ["picture", "jpg jpeg png gif webp avif svg bmp ico"],
      ["film", "mp4 webm mov m4v ogv"],
      ["sound", "mp3 wav m4a ogg oga flac aac opus"],
      ["text", "txt md json xml yaml yml csv log js ts css html htm py go java sh toml ini"],
    ] as const
  ).flatMap(([kind, ends]) => ends.split(" ").map((end) => [end, kind])),
);

const ICONS: Readonly<Record<Kind, IconName>> = {
  picture: "picture",
  film: "film",
  sound: "music",
  text: "text",
  other: "file",
};

export function kindOf(key: string): Kind {
  const end = key.slice(key.lastIndexOf(".") + 1).toLowerCase();
  return (Object.hasOwn(KINDS, end) ? KINDS[end] : undefined) ?? "other";
}

export function iconOf(key: string): IconName {
  return ICONS[kindOf(key)];
}
