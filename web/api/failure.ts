// Failures of calls as the screens tell them apart.
import { ApiFailure, type FailureCode } from "#server/api/client.ts";

export { ApiFailure, type FailureCode };

export function isFailure(error: unknown, ...codes: FailureCode[]): error is ApiFailure {
  return error instanceof ApiFailure && (codes.length === 0 || codes.includes(error.code));
}

/** Anything that is not an answer of the API is an error of this page, and is shown as one. */
export function toFailure(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new ApiFailure({ code: "client/unexpected", retry: "new", detail, cause: error });
}
