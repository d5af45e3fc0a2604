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

type KeyOf<N extends RouteName> = (typeof ROUTES)[N] extends { keyed: true } ? string : undefined;

export interface RouteRequest<N extends RouteName> {
  params: ParamsOf<N>;
  query: QueryOf<N>;
  body: BodyOf<N>;
  caller: CallerOf<N>;
  /** The Idempotency-Key of a route that spends. */
  key: KeyOf<N>;
  cookies: Readonly<Record<string, string | undefined>>;
  userAgent: string;
}

/** The route's JSON as bytes, for answers that are large and the same for everybody. */
export interface Packed {
  plain: Uint8Array;
  br: Uint8Array;
  gzip: Uint8Array;
  etag: string;
}

export type Reply<N extends RouteName> = { cookies?: Cookie[] } & (
  | { body: ResponseOf<N> }
  | { packed: Packed }
);

export type Handler<N extends RouteName> = (request: RouteRequest<N>) => Promise<Reply<N>>;
export type Handlers<N extends RouteName = RouteName> = { [K in N]: Handler<K> };
