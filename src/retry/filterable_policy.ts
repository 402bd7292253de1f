// Filters of the errors that a retry policy retries, in addition to any rule for the delay.

import { checkFunction } from "../guards/argument_checks.ts";
import { answerAtOnce } from "../guards/calls.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import { TimeoutError } from "../task/abort_reasons.ts";
import type { RetryPolicy } from "../task/retry_policy.ts";
import type {
  FilterName,
  RetryPolicyData,
  RetryRule,
  StorableRetryPolicy,
} from "../task/retry_policy_data.ts";
import { isErrorOf, isInstance } from "../thrown/reading.ts";
import { isTransientDatabaseError } from "./transient_database_errors.ts";
import { isTransientNetworkError } from "./transient_network_errors.ts";

/**
 * A class of errors, matched with `instanceof`. Built-in classes such as `TypeError` are also
 * matched by the error's name, so that errors of other realms (`node:vm`) match.
 */
export type ErrorClass = abstract new (...args: never[]) => Error;

/**
 * A retry policy whose errors can be filtered. Without a filter, it retries every error except a
 * timeout. Each filter returns a new policy.
 */
export interface FilterableRetryPolicy extends StorableRetryPolicy {
  /**
   * Retries only errors of these classes and their subclasses. Further calls and presets add to the
   * retried errors. To retry timeouts, use `.handle(TimeoutError)`.
   *
   * @throws {InvalidArgumentError} If no class is given, or `doNotHandle` was used.
   */
  handle(...classes: ErrorClass[]): FilterableRetryPolicy;
  /**
   * Retries all errors except timeouts and errors of these classes.
   *
   * @throws {InvalidArgumentError} If no class is given, or `handle` or a preset was used.
   */
  doNotHandle(...classes: ErrorClass[]): FilterableRetryPolicy;
  /**
   * Retries the errors, including timeouts, for which `predicate` returns true. Replaces all other
   * filters.
   */
  handleWhen(predicate: (error: unknown) => boolean): FilterableRetryPolicy;
  /**
   * Adds transient network errors to `handle`: refused, reset and timed-out connections of `fetch`,
   * sockets and HTTP clients, and unresolvable names. See {@linkcode isTransientNetworkError}.
   *
   * @throws {InvalidArgumentError} If `doNotHandle` was used.
   */
  handleTransientNetworkErrors(): FilterableRetryPolicy;
  /**
   * Adds transient database errors to `handle`: lost connections, deadlocks, serialization
   * failures, busy files, restarts. See {@linkcode isTransientDatabaseError}.
   *
   * @throws {InvalidArgumentError} If `doNotHandle` was used.
   */
  handleTransientDatabaseErrors(): FilterableRetryPolicy;
}

type Matcher = (error: unknown) => boolean;

interface Filter {
  readonly matches: Matcher;
  /** The name of the filter in stored data; null if it cannot be stored. */
  readonly name: FilterName | null;
}

interface Filters {
  readonly handled: readonly Filter[];
  readonly notHandled: readonly Filter[];
  readonly predicate: Matcher | null;
}

const noFilters: Filters = { handled: [], notHandled: [], predicate: null };

/**
 * Creates a filterable policy from a rule for the delay, which is given as data and as a function.
 */
export function filterable(
  rule: RetryRule,
  nextDelay: RetryPolicy["nextDelay"],
): FilterableRetryPolicy {
  return new FilteredRetry(rule, nextDelay, noFilters);
}

class FilteredRetry implements FilterableRetryPolicy {
  readonly #rule: RetryRule;
  readonly #nextDelay: RetryPolicy["nextDelay"];
  readonly #filters: Filters;

  constructor(rule: RetryRule, nextDelay: RetryPolicy["nextDelay"], filters: Filters) {
    this.#rule = rule;
    this.#nextDelay = nextDelay;
    this.#filters = filters;
  }

  nextDelay(attempt: number, error: unknown, random?: () => number): number | null {
    if (!Number.isInteger(attempt) || attempt < 1) {
      throw new InvalidArgumentError("attempt", attempt, "be an integer of at least 1");
    }
    checkFunction(random, "random");
    return isRetried(this.#filters, error) ? this.#nextDelay(attempt, error, random) : null;
  }

  handle(...classes: ErrorClass[]): FilterableRetryPolicy {
    return this.#alsoHandling("handle", classes, parseClasses("handle", classes));
  }

  doNotHandle(...classes: ErrorClass[]): FilterableRetryPolicy {
    const filters = parseClasses("doNotHandle", classes);
    if (this.#filters.handled.length > 0) throw mixed("doNotHandle", classes);
    return this.#with({ notHandled: [...this.#filters.notHandled, ...filters] });
  }

  handleWhen(predicate: (error: unknown) => boolean): FilterableRetryPolicy {
    if (typeof predicate !== "function") {
      throw new InvalidArgumentError("handleWhen", predicate, "be a function of the error");
    }
    return this.#with({ predicate });
  }

  handleTransientNetworkErrors(): FilterableRetryPolicy {
    const filter = { matches: isTransientNetworkError, name: "transientNetworkErrors" } as const;
    return this.#alsoHandling("handleTransientNetworkErrors", [], [filter]);
  }

  handleTransientDatabaseErrors(): FilterableRetryPolicy {
    const filter = { matches: isTransientDatabaseError, name: "transientDatabaseErrors" } as const;
    return this.#alsoHandling("handleTransientDatabaseErrors", [], [filter]);
  }

  toJSON(): RetryPolicyData {
    const { handled, notHandled, predicate } = this.#filters;
    const names = handled.map(({ name }) => name);
    if (predicate !== null || notHandled.length > 0 || names.includes(null)) {
      const remedy =
        "filter by handleTransientNetworkErrors(), handleTransientDatabaseErrors() or " +
        "handle(TimeoutError) alone to be stored with a task: classes and predicates cannot be. Set " +
        "such a policy on the task's definition, on its queue or on createEverTask";
      throw new InvalidArgumentError("retry", this.#rule, remedy);
    }
    return names.length === 0 ? this.#rule : { ...this.#rule, handle: names as FilterName[] };
  }

  #alsoHandling(method: string, value: unknown, filters: Filter[]): FilterableRetryPolicy {
    if (this.#filters.notHandled.length > 0) throw mixed(method, value);
    return this.#with({ handled: [...this.#filters.handled, ...filters] });
  }

  #with(change: Partial<Filters>): FilterableRetryPolicy {
    return new FilteredRetry(this.#rule, this.#nextDelay, { ...this.#filters, ...change });
  }
}

function isRetried({ handled, notHandled, predicate }: Filters, error: unknown): boolean {
  if (predicate !== null) return answerAtOnce(predicate(error), "handleWhen");
  if (handled.length > 0) return handled.some(({ matches }) => matches(error));
  // By default, a timeout is final: slow work is likely to be slow again, and costs as much.
  if (isInstance(error, TimeoutError)) return false;
  return !notHandled.some(({ matches }) => matches(error));
}

function parseClasses(method: string, classes: readonly ErrorClass[]): Filter[] {
  if (classes.length === 0) {
    throw new InvalidArgumentError(method, classes, "be given at least one class of errors");
  }
  return classes.map((each) => {
    if (typeof each !== "function") {
      throw new InvalidArgumentError(method, each, "be given classes of errors");
    }
    const matches = (error: unknown) => isErrorOf(error, each);
    return { matches, name: each === TimeoutError ? "timeouts" : null };
  });
}

function mixed(method: string, value: unknown): InvalidArgumentError {
  const remedy =
    "not be combined with its opposite: a policy names either what it retries (handle, presets) " +
    "or what it does not (doNotHandle)";
  return new InvalidArgumentError(method, value, remedy);
}
