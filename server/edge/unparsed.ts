// Answers what never becomes a request: headers too long, an end that does not come, no HTTP at all.
import type { Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { ERRORS, type ErrorCode } from "../api/errors.ts";
import { PROBLEM_CONTENT_TYPE } from "../api/problem.ts";
import type { Log } from "../platform/log.ts";
import { randomUuid } from "../platform/random.ts";
import { problemOf } from "./problem.ts";

const REASONS: Record<string, [code: ErrorCode, detail: string]> = {
  HPE_HEADER_OVERFLOW: ["request/headers-too-large", "Address and headers are over 16 KiB."],
  ERR_HTTP_REQUEST_TIMEOUT: ["request/timeout", "The request did not arrive in time."],
};

/** Node's parser gave up, so there is a socket and nothing else to answer with. */
export function answerUnparsed(server: Server, log: Log): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    // Reset by the caller, or in the middle of an answer: what is written now would be read wrong.
    const { _httpMessage } = socket as { _httpMessage?: ServerResponse | null };
    if (error.code === "ECONNRESET" || !socket.writable || _httpMessage?.headersSent === true) {
      socket.destroy();
      return;
    }
    const [code, detail] = REASONS[error.code ?? ""] ?? ["request/invalid", "This is not HTTP."];
    const traceId = randomUuid();
    const { status } = ERRORS[code];
    log.info({ traceId, status, reason: error.code }, "not a request");
    const body = JSON.stringify(problemOf({ code, detail, instance: "/", traceId }));
    socket.end(
      [
        `HTTP/1.1 ${status} ${ERRORS[code].title}`,
        `Content-Type: ${PROBLEM_CONTENT_TYPE}`,
        `Content-Length: ${Buffer.byteLength(body)}`,
        `X-Request-Id: ${traceId}`,
        ...(ERRORS[code].retry === "same" ? ["Retry-After: 2"] : []),
        "Cache-Control: no-store",
        "Connection: close",
        "",
        body,
      ].join("\r\n"),
    );
  });
}
