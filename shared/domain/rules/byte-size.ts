/** Decimal units are 1,000s; binary ones are 1,024s. Source: IEC 80000-13. */
const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** Bytes of a size such as `2MB`; undefined when a text is not a size. */
export function bytesFrom(text: string): number | undefined {
  const [, digits = "", unit = ""] = /^(\d{1,13})([A-Za-z]*)$/.exec(text) ?? [];
  const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  return digits === "" || factor === undefined ? undefined : Number(digits) * factor;
}

/** The size that a text probably means, such as 2MB for `2 mb` and 1500000 for `1.5MB`; undefined when nobody can tell. */
export function sizeMeantBy(text: string): string | undefined {
  const [, digits = "", letters = ""] = /^(\d[\d_]*(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text.trim()) ?? [];
  const wanted = letters.toLowerCase().replace(/^bytes?$|^b$/, "");
  const unit = Object.keys(UNITS).find((name) =>
    [name.toLowerCase(), name.charAt(0).toLowerCase()].includes(wanted),
  );
  const number = digits.replaceAll("_", "");
  if (number === "" || unit === undefined) return undefined;
  const bytes = Number(number) * (UNITS[unit] ?? 1);
  if (!Number.isSafeInteger(bytes)) return undefined;
  const meant = number.includes(".") ? String(bytes) : `${number}${unit}`;
  // Advice to write what was written helps nobody.
  return bytesFrom(meant) === undefined ? undefined : meant;
}
