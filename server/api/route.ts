// What a route of the API is: its address, who may call it, what it takes and what it answers.
import type { z } from "zod";
import type { Role } from "../domain/role.ts";
import type { ErrorCode } from "./errors.ts";
import type { LimitName } from "./limits.ts";

/** Decided by the edge, before the stage's handler runs. */
type Access =
  /** Anybody. */
  | { access: "public" }
  /** A signed-in wallet; the handler shows it what is its own. */
  | { access: "session" }
  /**
   * A signed-in wallet with one of the roles for the event that the path's or else the body's
   * `eventId` names, or that the path's `orderId` is of. An operator's role has no event and
   * counts wherever it is listed.
   */
  | { access: "staff"; roles: readonly [Role, ...Role[]] };

interface RouteShape {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  /** How often one caller may ask, in server/api/limits.ts. */
  limit: LimitName;
  summary: string;
  /**
   * True where a second try must not spend twice: the route then needs an Idempotency-Key. Optional
   * where a second try without one does no more harm than a lost answer.
   */
  keyed?: true | "optional";
  /** True where the sale of the event in the path may ask for a proof of work first. */
  proof?: true;
  params?: z.ZodType;
  query?: z.ZodType;
  body?: z.ZodType;
  /** A header that signs the body: the handler then gets its very bytes. */
  signedBy?: "stripe-signature";
  /** Where more than the usual is right; counted unpacked. */
  bodyBytesMax?: number;
  status: 200 | 201 | 204;
  response?: z.ZodType;
  /** What it answers with instead of JSON. */
  answers?: "bytes" | "events";
  errors: readonly ErrorCode[];
}

export type Route = RouteShape & Access;
