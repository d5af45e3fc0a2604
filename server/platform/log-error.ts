// An error as a log may show it: what kind, where and why, without the secrets that clients put into theirs (I12).

/** A chain of causes that bites its own tail must end somewhere. */
const CAUSES_MAX = 8;
/** A hash has 64 digits and helps; anything longer is a transaction, a signature or call data. */
const LONG_HEX = /\b(?:0x)?[0-9a-fA-F]{65,}\b/g;
/**
 * viem writes the whole address of a node and everything that was sent to it on lines like these.
 */
const REQUEST_LINES = /^[ \t]*(?:URL|Request body):.*\n?/gm;
/** The user part may hold a password, path and query the key of an RPC provider. */
const ADDRESSES =
  /\b((?:https?|wss?|rediss?|postgres(?:ql)?)(?:\+\w+)?:\/\/)(?:\S*@)?([^\s/?#"'`)\]},]*)[^\s"'`)\]},]*/gi;
/** Redis quotes the command that it does not know, and a command may hold a token. */
const QUOTED_COMMAND = /with args beginning with:.*/g;

interface LoggedError {
  type: string;
  message: string;
  code?: string | number;
  stack?: string;
  cause?: LoggedError;
}

/** Takes named members only: clients hang commands, requests and settings onto their errors. */
export function serializeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error))
    return { type: typeof error, message: withoutSecrets(String(error)) };
  const { code } = error as { code?: unknown };
  const cause = depth < CAUSES_MAX ? error.cause : undefined;
  return {
    type: error.name,
    message: withoutSecrets(error.message),
    ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: withoutSecrets(error.stack) }),
    ...(cause === undefined || cause === null ? {} : { cause: serializeError(cause, depth + 1) }),
  };
}

function withoutSecrets(text: string): string {
  return text
    .replace(REQUEST_LINES, "")
    .replace(ADDRESSES, "$1$2")
    .replace(LONG_HEX, "[hex]")
    .replace(QUOTED_COMMAND, "with arguments");
}
