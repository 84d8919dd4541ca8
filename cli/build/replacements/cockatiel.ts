import { ExponentialBackoff } from "cockatiel/dist/esm/backoff/ExponentialBackoff.js";
import { halfJitterGenerator } from "cockatiel/dist/esm/backoff/ExponentialBackoffGenerators.js";
import { ConsecutiveBreaker } from "cockatiel/dist/esm/breaker/ConsecutiveBreaker.js";
import { CircuitBreakerPolicy, CircuitState } from "cockatiel/dist/esm/CircuitBreakerPolicy.js";
import { ExecuteWrapper } from "cockatiel/dist/esm/common/Executor.js";

type Filter = (value: unknown) => boolean;

/** Which outcomes count as failures: what cockatiel's class Policy holds, without the other policies that it can make. */
interface Failures {
  readonly options: { readonly errorFilter: Filter; readonly resultFilter: Filter };
}

/**
 * For cockatiel's index.js: the circuit breaker alone, from the package's own modules. The index makes objects of all its
 * policies when it is loaded, so that a bundler has to keep them.
 */
export const replacement = {
  __esModule: true,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  halfJitterGenerator,
  handleAll: failures({ errorFilter: () => true, resultFilter: () => false }),
  handleWhenResult: (resultFilter: Filter) => failures({ errorFilter: () => false, resultFilter }),
  circuitBreaker: (
    { options: { errorFilter, resultFilter } }: Failures,
    options: ConstructorParameters<typeof CircuitBreakerPolicy>[0],
  ) => new CircuitBreakerPolicy(options, new ExecuteWrapper(errorFilter, resultFilter)),
};

function failures(options: Failures["options"]): Failures {
  return { options };
}
