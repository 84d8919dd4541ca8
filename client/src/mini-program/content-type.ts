/** Types of files that people choose in mini programs. */
const TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    jpg: "image/jpeg",
    jpeg: "image/jpeg",
    png: "image/png",
    gif: "image/gif",
    webp: "image/webp",
    heic: "image/heic",
    mp4: "video/mp4",
    mov: "video/quicktime",
    mp3: "audio/mpeg",
    m4a: "audio/mp4",
    aac: "audio/aac",
    wav: "audio/wav",
    pdf: "application/pdf",
    txt: "text/plain",
    zip: "application/zip",
  }),
);

/** By the ending of the first of these paths and keys that has one of {@link TYPES}. */
export function contentTypeOf(...paths: readonly (string | undefined)[]): string {
  const endings = paths.map((path) => /\.([A-Za-z0-9]+)$/.exec(path ?? "")?.[1]?.toLowerCase() ?? "");
  const [known = "application/octet-stream"] = endings.flatMap((ending) => TYPES.get(ending) ?? []);
  return known;
}
