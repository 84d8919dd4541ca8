import { run } from "../stage.ts";
import { median, ratios, spreadOf } from "../statistics.ts";
import { atLeast, atMost, figure, grouped, type Row, times, us } from "../table.ts";

/** Processor time, of one core. Each round has all variants, so that ratios are of the same moment. */
export async function signingRows(rounds: number): Promise<readonly Row[]> {
  const measured = (await run("sign-forms", {}, String(rounds), "500")) as Readonly<
    Record<string, readonly number[]>
  >;
  const of = (name: string): readonly number[] => measured[name] ?? [];
  const beside = (metric: string, name: string, base: string, limit?: number): Row => {
    const ratio = spreadOf(ratios(of(name), of(base)));
    return figure(metric, ratio, times, {
      beside: us(median(of(base))),
      ...(limit === undefined ? {} : { target: atMost(limit, ratio.median, " x") }),
    });
  };
  const perSecond = spreadOf(of("form").map((microseconds) => 1e6 / microseconds));
  return [
    figure("forms a second and core", perSecond, (value) => grouped(Math.round(value)), {
      beside: `${us(median(of("form")))} each`,
      target: atLeast(20_000, perSecond.median),
    }),
    beside("form, beside one token verification (HS256)", "form", "tokenHS256", 1.5),
    beside("form, beside one token verification (RS256)", "form", "tokenRS256"),
    beside("form, beside a bare chain of five HMACs", "form", "hmacChain"),
    beside("form, beside ali-oss' signature of a policy", "form", "aliOssForm"),
    figure("signed URL", spreadOf(of("url")), us),
    beside("signed URL, beside ali-oss' own", "url", "aliOssUrl"),
  ];
}
