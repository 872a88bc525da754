// Base of every expected failure. Converted once, at the border (REST answer, task status, exit code).

export interface CkeErrorOptions {
  /** HTTP status where the failure reaches the REST API; default 500. */
  readonly status?: number;
  /** True when trying again later, unchanged, can succeed. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** `code` is stable and machine-readable (snake_case); `message` says what happened and what to do, without secrets. */
export class CkeError extends Error {
  readonly code: string;
  readonly status: number;
  readonly retryable: boolean;

  constructor(code: string, message: string, options: CkeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.status = options.status ?? 500;
    this.retryable = options.retryable ?? false;
  }
}

/** The words of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === "") return thrown.errors.map(messageOf).join("; ");
  return thrown instanceof Error ? thrown.message : String(thrown);
}
