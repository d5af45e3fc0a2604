// The one way a script gives up: a sentence that says what is wrong and a hint that says what to do.

/** A refusal that the person at the keyboard can act on; printed without a stack, exit code 1. */
export class Stop extends Error {
  readonly hint: string;

  constructor(sentence: string, hint: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = "Stop";
    this.hint = hint;
  }
}

/** One line for a terminal or a log: the sentence, then what to do. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Stop) return `${error.message} ${error.hint}`.trim();
  if (error instanceof Error) return error.stack ?? error.message;
  return String(error);
}

/** Gives a failure the name of its step; one that already speaks to the person stays as it is. */
export function failureOf(step: string, error: unknown): Stop {
  if (error instanceof Stop) return error;
  const cause = error instanceof Error ? error.cause : undefined;
  const because = cause === undefined ? "" : ` (${reasonOf(cause)})`;
  const sentence = `The step "${step}" failed: ${reasonOf(error)}${because}.`;
  return new Stop(sentence, "", { cause: error });
}

/** The short reason inside an error of Node or a client library, for use in a sentence. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  // ethers and viem put the whole request into the message, and the reason apart.
  const { shortMessage } = error as { shortMessage?: unknown };
  const message = typeof shortMessage === "string" ? shortMessage : error.message;
  // The sentence around it brings its own full stop.
  const text = message.split("\n")[0]?.trim().replace(/\.$/, "") ?? "";
  if (text.length > 0) return text;
  return code ?? error.name;
}
