// Asserts that a call ended in the problem that it should have.
import { expect } from "chai";
import { ApiFailure } from "#server/api/client.ts";
import { ERRORS, type ErrorCode } from "#server/api/errors.ts";
import { Problem } from "#server/api/problem.ts";

export async function expectProblem(call: Promise<unknown>, code: ErrorCode): Promise<Problem> {
  const outcome = await call.then(
    (answer) => ({ answer }),
    (error: unknown) => ({ error }),
  );
  if (!("error" in outcome)) {
    throw new Error(`expected ${code}, got an answer: ${JSON.stringify(outcome.answer)}`);
  }
  if (!(outcome.error instanceof ApiFailure)) throw outcome.error;
  const problem = Problem.parse(outcome.error.data);
  expect(problem.code).to.equal(code);
  expect(problem.status).to.equal(ERRORS[code].status);
  return problem;
}
