// Ends a deployment command that failed: one sentence, without what the node's address keeps secret.
import { createProgress } from "../progress.ts";
import { failureOf, sentenceOf } from "../stop.ts";
import { UsageError } from "../up-options.ts";
import { withoutSecret } from "../without-secret.ts";

/** Answers the exit code. */
export function complain(
  error: unknown,
  given: { step: string; json: boolean; rpcUrl: string | undefined },
): number {
  const { step, json, rpcUrl = "" } = given;
  const text = sentenceOf(failureOf(step, error));
  const sentence = rpcUrl === "" ? text : text.replaceAll(rpcUrl, withoutSecret(rpcUrl));
  process.stderr.write(`${sentence}\n`);
  if (json) createProgress("json").result({ type: "error", message: sentence }, []);
  return error instanceof UsageError ? 2 : 1;
}
