/** What a measured program tells the bench: one line on stdout, between the audit lines. */
export function report(value: unknown): void {
  process.stdout.write(`BENCH ${JSON.stringify(value)}\n`);
}
