// How often one caller may ask: every route names one of these limits, and shares it with its like.

export interface Quota {
  count: number;
  windowMs: number;
}

export interface Limit {
  /** Of one network address; an IPv6 caller owns its whole /64. Many fans may share one. */
  ip: Quota;
  /** Of one signed-in wallet, besides. */
  wallet?: Quota;
  /** open: nobody is counted, everybody is served. closed: nobody is served until Redis is back. */
  whenRedisIsDown: "open" | "closed";
}

const MINUTE_MS = 60_000;
const perMinute = (count: number): Quota => ({ count, windowMs: MINUTE_MS });

export const LIMITS = {
  /** Answers from memory or from one prepared statement: a page of the app asks for a handful. */
  read: { ip: perMinute(1_200), whenRedisIsDown: "open" },
  /** Each opens a connection that stays, or fetches a whole map. */
  map: { ip: perMinute(600), whenRedisIsDown: "open" },
  /** Two requests per sign-in. Wallets cost nothing, so this is what bounds their number. */
  signIn: { ip: perMinute(120), whenRedisIsDown: "closed" },
  /** A fan who is quick and unlucky asks every other second. Without Redis there are no holds. */
  hold: { ip: perMinute(600), wallet: perMinute(30), whenRedisIsDown: "closed" },
  /** Each costs the server one try of the hundreds that it costs the fan. */
  challenge: { ip: perMinute(600), wallet: perMinute(30), whenRedisIsDown: "closed" },
  /** Orders that exist go on without Redis, so they are not stopped by the lack of a counter. */
  order: { ip: perMinute(600), wallet: perMinute(60), whenRedisIsDown: "open" },
  /** Of an account, of roles, of an event: what people do by hand. */
  change: { ip: perMinute(600), wallet: perMinute(60), whenRedisIsDown: "open" },
  /** A provider sends from few addresses, and may have days of events to send again. */
  provider: { ip: perMinute(6_000), whenRedisIsDown: "open" },
  /** Several lanes behind one address, half a second a scan; the door never waits for a counter. */
  gate: { ip: perMinute(3_000), wallet: perMinute(600), whenRedisIsDown: "open" },
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof LIMITS;
