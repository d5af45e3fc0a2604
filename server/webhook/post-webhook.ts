// Posts one message to its receiver, over a connection to an address that was checked for it alone.
import { lookup as resolve } from "node:dns/promises";
import { type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { parseRetryAfter } from "../domain/webhook-retry.ts";
import type { Clock } from "../platform/clock.ts";
import { isPublicAddress } from "./public-address.ts";

export interface Answer {
  /** Undefined if there was none. */
  status?: number;
  error?: string;
  retryAfterMs: number;
  tookMs: number;
}

export type Post = (message: {
  url: URL;
  headers: Record<string, string>;
  body: string;
}) => Promise<Answer>;

type Address = { address: string; family: number };
export type Resolve = (host: string) => Promise<Address[]>;

/** From the name's lookup to the last byte of the answer that is read. */
const ANSWER_TIMEOUT_MS = 15_000;
/** Nobody reads the answer; this much is taken so that a connection ends in good order. */
const ANSWER_READ_BYTES = 16_384;

export function createPost({
  clock,
  local,
  resolve: resolveName = resolveAll,
}: {
  clock: Clock;
  local: boolean;
  resolve?: Resolve;
}): Post {
  const lookup = checkedLookup(resolveName, local);
  return async ({ url, headers, body }) => {
    const startedMs = clock.monotonicMs();
    const took = () => Math.round(clock.monotonicMs() - startedMs);
    try {
      // an address in place of a name is connected to without a lookup
      if (!local) requirePublicLiteral(url.hostname);
      const response = await send({ url, headers, body, lookup });
      const retryAfterMs = parseRetryAfter(response.headers["retry-after"], clock.now().getTime());
      return { status: response.statusCode ?? 0, retryAfterMs, tookMs: took() };
    } catch (error) {
      return { error: describe(error), retryAfterMs: 0, tookMs: took() };
    }
  };
}

/** Redirects are not followed: where they lead was never agreed on. */
function send({
  url,
  headers,
  body,
  lookup,
}: {
  url: URL;
  headers: Record<string, string>;
  body: string;
  lookup: LookupFunction;
}): Promise<IncomingMessage> {
  return new Promise((done, fail) => {
    const request = (url.protocol === "https:" ? requestTls : requestPlain)(url, {
      method: "POST",
      // no kept connections: each one goes to an address that was checked for this message
      agent: false,
      lookup,
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      headers: {
        ...headers,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        "user-agent": "Stagedoor-Webhooks/1",
      },
    });
    request.on("error", fail);
    request.on("response", (response) => {
      let read = 0;
      response.on("error", fail);
      response.on("end", () => done(response));
      response.on("data", (chunk: Buffer) => {
        read += chunk.length;
        if (read <= ANSWER_READ_BYTES) return;
        done(response);
        request.destroy();
      });
    });
    request.end(body);
  });
}

class AddressError extends Error {
  override readonly name = "AddressError";
}

/**
 * The connection goes to what is checked here, so a name that answers otherwise the next time
 * cannot lead it elsewhere. One private address among public ones is enough to refuse.
 */
function checkedLookup(resolveName: Resolve, local: boolean): LookupFunction {
  return (host, options, callback) => {
    resolveName(host).then(
      (addresses) => {
        const [first] = addresses;
        const bad = local ? undefined : addresses.find(({ address }) => !isPublicAddress(address));
        if (first === undefined || bad !== undefined) {
          const why = first === undefined ? "has no address" : "leads into a private network";
          callback(new AddressError(`${host} ${why}`), "");
        } else if (options.all === true) {
          callback(null, addresses);
        } else {
          callback(null, first.address, first.family);
        }
      },
      (error: Error) => callback(error, ""),
    );
  };
}

function requirePublicLiteral(hostname: string): void {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0 && !isPublicAddress(host)) {
    throw new AddressError(`${host} is in a private network`);
  }
}

async function resolveAll(host: string): Promise<Address[]> {
  return await resolve(host, { all: true });
}

/** What an organiser reads in the log: a code or a sentence, never a stack. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  if (error.name === "TimeoutError" || error.name === "AbortError") {
    return `no answer within ${ANSWER_TIMEOUT_MS / 1_000} s`;
  }
  const code = (error as NodeJS.ErrnoException).code;
  return error instanceof AddressError || code === undefined ? error.message : code;
}
