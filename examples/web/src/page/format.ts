import { language } from "../texts/language.ts";

const UNITS = ["B", "KB", "MB", "GB"] as const;

export function sizeText(bytes: number): string {
  const at = Math.min(UNITS.length - 1, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1024)));
  const number = (bytes / 1024 ** at).toLocaleString(language.value, {
    maximumFractionDigits: at > 1 ? 1 : 0,
  });
  return `${number} ${UNITS[at]}`;
}

/** 12:34 of minutes and seconds; never below 0:00. */
export function leftText(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export function timeText(ms: number): string {
  return new Date(ms).toLocaleTimeString(language.value, { timeStyle: "medium", hourCycle: "h23" });
}

export function dateText(date: Date): string {
  return date.toLocaleString(language.value, { dateStyle: "medium", timeStyle: "short" });
}

/** The last step of a key or of a prefix. */
export function nameOf(key: string): string {
  return key.split("/").findLast((step) => step !== "") ?? key;
}

/** An access key that can be recognised, and used by nobody. */
export function maskedKey(accessKeyId: string): string {
  return `${accessKeyId.slice(0, 8)}…${accessKeyId.slice(-4)}`;
}
