// What a stage gives the app for each of its routes: parsed input in, plain answer out, no framework.
import type { BodyOf, ParamsOf, QueryOf, ResponseOf, ROUTES, RouteName } from "./routes.ts";

export interface Caller {
  sessionId: string;
  address: `0x${string}`;
}

export interface Cookie {
  name: "sd_session" | "sd_signin";
  /** Empty: the cookie is taken back. */
  value: string;
  maxAgeMs: number;
}

type CallerOf<N extends RouteName> = (typeof ROUTES)[N]["access"] extends "public"
  ? undefined
  : Caller;

type KeyOf<N extends RouteName> = (typeof ROUTES)[N] extends { keyed: infer K }
  ? K extends true
    ? string
    : string | undefined
  : undefined;

export interface SignedBody {
  bytes: Buffer;
  signature: string | undefined;
}

type SignedOf<N extends RouteName> = (typeof ROUTES)[N] extends { signedBy: string }
  ? SignedBody
  : undefined;

export interface RouteRequest<N extends RouteName> {
  params: ParamsOf<N>;
  query: QueryOf<N>;
  body: BodyOf<N>;
  caller: CallerOf<N>;
  /** The Idempotency-Key of a route that spends. */
  key: KeyOf<N>;
  /** The body before anybody read it, of a route that is signed. */
  signed: SignedOf<N>;
  cookies: Readonly<Record<string, string | undefined>>;
  userAgent: string;
  /** Where a listener to events was when its connection ended. */
  lastEventId: string | undefined;
  /** How new a lookup's answer must be: what an earlier one said in Mirror-Freshness. */
  mirrorAtLeast: string | undefined;
  connection: Connection;
}

/** The caller's end, for what outlasts an ordinary answer. */
export interface Connection {
  /** As quotas count it. */
  network(): string;
  /** Aborted once the caller has its answer, or has hung up. */
  gone(): AbortSignal;
}

/** The route's answer as bytes, for those that are large and the same for everybody. */
export interface Packed {
  /** What a route that answers bytes is read as; JSON where it is left out. */
  type?: string;
  plain: Uint8Array;
  br: Uint8Array;
  gzip: Uint8Array;
  etag: string;
}

/** One listener's end of a stream of events. */
export interface Listener {
  /** The same bytes go to everybody: nobody may change them. False: it does not keep up. */
  send(frame: Uint8Array): boolean;
  /** Says a last word and hangs up. */
  end(frame?: Uint8Array): void;
}

/** Server-sent events: what was missed comes first, then each frame as it is made. */
export interface EventStream {
  /** Answers how to leave. */
  listen(listener: Listener): () => void;
}

export type Reply<N extends RouteName> = {
  cookies?: Cookie[];
  headers?: Readonly<Record<string, string>>;
} & ({ body: ResponseOf<N> } | { packed: Packed } | { events: EventStream });

export type Handler<N extends RouteName> = (request: RouteRequest<N>) => Promise<Reply<N>>;
export type Handlers<N extends RouteName = RouteName> = { [K in N]: Handler<K> };
