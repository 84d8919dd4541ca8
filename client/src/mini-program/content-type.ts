/** Types of files that people choose in mini programs. */
const TYPES: Readonly<Record<string, string>> = {
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
};

/** By the ending of a path or key. */
export function contentTypeOf(path: string): string {
  const [, ending = ""] = /\.([A-Za-z0-9]+)$/.exec(path) ?? [];
  return TYPES[ending.toLowerCase()] ?? "application/octet-stream";
}
