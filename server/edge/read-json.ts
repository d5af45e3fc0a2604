// Reads the body of a request: JSON as programs and browsers send it here, and by Express all that is rarer.
import { once } from "node:events";
import { json, type Request, type Response } from "express";
import type { Route } from "../api/route.ts";
import { Refusal } from "../domain/failure.ts";

export type ReadJson = (request: Request, response: Response) => Promise<void> | undefined;

/** Of the routes that do not name a limit of their own. */
const BODY_BYTES_MAX = 64 * 1024;
const BYTE_ORDER_MARK = "\ufeff";

/** Sets `request.body`, which stays undefined where the request has none. */
export function createJsonReader(route: Route): ReadJson {
  const limit = route.bodyBytesMax ?? BODY_BYTES_MAX;
  const parseJson = json({
    ...{ limit, type: "application/json", strict: true },
    // Kept where they are signed: what a parser makes of them is not what was signed.
    verify: (_request, response, bytes) => {
      if (route.signedBy !== undefined) (response as Response).locals.bytes = bytes;
    },
  });
  return (request, response) => {
    const { headers } = request;
    const length = headers["content-length"];
    const isChunked = headers["transfer-encoding"] !== undefined;
    if (length === undefined && !isChunked) return undefined;
    const isPlain =
      headers["content-type"] === "application/json" && headers["content-encoding"] === undefined;
    if (isPlain && !isChunked && Number(length) <= limit && route.signedBy === undefined) {
      return readPlain(request);
    }
    return new Promise<void>((resolve, reject) =>
      parseJson(request, response, (error?: unknown) => (error ? reject(error) : resolve())),
    );
  };
}

/** As long as its header says: Node ends what is shorter; what is longer is another request. */
async function readPlain(request: Request): Promise<void> {
  const chunks: Buffer[] = [];
  // Most bodies are here with their heads. Who listens for the others takes his ears off again:
  // left on, they keep whole requests alive until the collector of the old ones comes.
  for (;;) {
    for (let chunk = request.read(); chunk !== null; chunk = request.read()) chunks.push(chunk);
    if (request.complete) break;
    if (request.destroyed) throw notWhole();
    await once(request, "readable").catch(() => {
      throw notWhole();
    });
  }
  const [first = Buffer.alloc(0), ...rest] = chunks;
  request.body = parse((rest.length === 0 ? first : Buffer.concat(chunks)).toString("utf8"));
}

function parse(text: string): unknown {
  const plain = text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text;
  // Some programs send a body of no length where they have nothing to say.
  if (plain === "") return {};
  try {
    const value: unknown = JSON.parse(plain);
    if (typeof value === "object" && value !== null) return value;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw notJson();
}

export function notJson(): Refusal {
  return new Refusal("request/invalid", "The body is not JSON.", {
    errors: [{ pointer: "", detail: "is not JSON" }],
  });
}

export function notWhole(): Refusal {
  return new Refusal("request/invalid", "The body did not arrive whole.");
}
