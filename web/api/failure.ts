// Why a call to the API was not done, as the screens can explain it.
import type { ErrorCode, Retry } from "#server/api/errors.ts";

/** The API's codes, and what only this side sees: no answer, or one that is no problem document. */
export type FailureCode = ErrorCode | "web/unreachable" | "web/unexpected";

export class ApiFailure extends Error {
  override readonly name = "ApiFailure";
  readonly code: FailureCode;
  readonly retry: Retry;
  /** Further members of the problem document, such as the seats that are gone. */
  readonly data: Record<string, unknown>;
  /** How long the server asks to wait, if it says. */
  readonly retryAfterMs: number | undefined;

  constructor(options: {
    code: FailureCode;
    retry: Retry;
    detail: string;
    data?: Record<string, unknown>;
    retryAfterMs?: number | undefined;
    cause?: unknown;
  }) {
    super(options.detail, { cause: options.cause });
    this.code = options.code;
    this.retry = options.retry;
    this.data = options.data ?? {};
    this.retryAfterMs = options.retryAfterMs;
  }
}

export function isFailure(error: unknown, ...codes: FailureCode[]): error is ApiFailure {
  return error instanceof ApiFailure && (codes.length === 0 || codes.includes(error.code));
}

/** Anything that is not an answer of the API is an error of this page, and is shown as one. */
export function toFailure(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new ApiFailure({ code: "web/unexpected", retry: "new", detail, cause: error });
}
