// Sends a route what its own schemas make of chance, and compares every table before and after.
import fc from "fast-check";
import type { Client } from "#scripts/demo-client.ts";
import { ERRORS } from "#server/api/errors.ts";
import { Problem } from "#server/api/problem.ts";
import type { Route } from "#server/api/route.ts";
import { ROUTES, type RouteName } from "#server/api/routes.ts";
import { createSession } from "#server/auth/session.ts";
import type { Role } from "#server/domain/role.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { buyAndMint, hold, order, stalls } from "./buy.ts";
import { type HostileRequest, hostileRequests, type KnownIds, oneByOne } from "./hostile.ts";
import type { House } from "./house.ts";

const REQUEST_TIMEOUT_MS = 20_000;
const SHOWN_LENGTH_MAX = 500;

export interface Fuzzer {
  /** Rejects with the request that was answered wrongly, made as small as it goes. */
  fuzz(name: RouteName, much: { runs: number; limitMs: number }): Promise<void>;
}

type Actor = `0x${string}` | undefined;

export async function openFuzzer(house: House): Promise<Fuzzer> {
  const { known, fans, staff } = await makeHistory(house);
  const judge = createJudge(house);
  return {
    async fuzz(name, { runs, limitMs }) {
      const route: Route = ROUTES[name];
      // Each field once with each hostile value, by somebody who may call the route.
      const roles: readonly Role[] = route.access === "staff" ? route.roles : [];
      const allowed = roles.map((role) => staff[role]).find((one) => one !== undefined);
      for (const request of oneByOne(route, known)) {
        await judge(route, request, allowed ?? fans[0]).catch((cause: Error) => {
          const sent = JSON.stringify(request).slice(0, SHOWN_LENGTH_MAX);
          throw new Error(`${cause.message}\n${sent}`, { cause });
        });
      }
      // Mostly somebody who is signed in: the others come no further than the door.
      const wallets = [...fans, ...Object.values(staff)];
      const actors = fc.constantFrom<Actor>(undefined, ...wallets, allowed ?? fans[0], ...fans);
      const requests = hostileRequests(route, known);
      const endMs = systemClock.monotonicMs() + limitMs;
      const property = fc.asyncProperty(requests, actors, async (request, actor) => {
        // Passed over, not interrupted: a request that goes on would disturb the next one's rows.
        if (systemClock.monotonicMs() < endMs) await judge(route, request, actor);
      });
      await fc.assert(property, { numRuns: runs });
    },
  };
}

/** A sale in all its stages, by two fans: ids that exist for whoever asks. */
async function makeHistory(house: House) {
  const [ann, ben] = [await house.fan(), await house.fan()];
  const holds = [await hold(house, ann, stalls(1, 1)), await hold(house, ben, stalls(1, 3))];
  const orders = [await order(house, ann, stalls(2, 1)), await order(house, ben, stalls(2, 3))];
  const minted = await buyAndMint(house, ann, stalls(3, 1));
  const tickets = minted.lines.map(({ ticketId }) => ticketId);
  const known: KnownIds = [
    {
      pattern: /^evt_\d{1,4}_\d{1,7}$/,
      ids: [house.eventId, house.eventId, house.eventId, "evt_1_9999999"],
    },
    { pattern: /^hld_[0-9a-z]{26}$/, ids: holds.map(({ id }) => id) },
    { pattern: /^ord_[0-9a-z]{26}$/, ids: [...orders.map(({ id }) => id), minted.id] },
    { pattern: /^tkt_\d{1,4}_\d{1,19}$/, ids: tickets },
    { pattern: /^0x[0-9a-fA-F]{40}$/, ids: [ann.account.address, ben.account.address] },
  ];
  const walletOf = ({ account }: Client) => account.address.toLowerCase() as `0x${string}`;
  const staff: Partial<Record<Role, `0x${string}`>> = {
    operator: walletOf(await house.operator()),
    organiser: walletOf(await house.organiser()),
    gate: walletOf(await house.gate()),
  };
  return { known, fans: [walletOf(ann), walletOf(ben)] as const, staff };
}

type Judge = (route: Route, request: HostileRequest, actor: Actor) => Promise<void>;

function createJudge(house: House): Judge {
  const cookies = new Map<Actor, string>();
  let before: Look | undefined;

  async function send(route: Route, request: HostileRequest, actor: Actor) {
    const ended = new AbortController();
    const cookie = cookies.get(actor);
    // Time passes on its own: nothing is found by waiting for it.
    const path = request.path.replace(/([?&]wait=)\d+/, (_all, name: string) => `${name}0`);
    const response = await fetch(new URL(path, house.url), {
      method: route.method,
      headers: {
        ...(request.body === undefined ? {} : { "content-type": "application/json" }),
        ...(request.key === undefined ? {} : { "idempotency-key": request.key }),
        ...(cookie === undefined ? {} : { cookie }),
      },
      body: request.body === undefined ? null : JSON.stringify(request.body),
      signal: AbortSignal.any([ended.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
    return { response, ended };
  }

  return async (route, request, actor) => {
    before ??= await look(house);
    let { response, ended } = await send(route, request, actor);
    if (response.status === 401 && actor !== undefined) {
      await response.arrayBuffer();
      cookies.set(actor, await cookieOf(house, actor));
      before = await look(house);
      ({ response, ended } = await send(route, request, actor));
    }
    if (response.status < 400) {
      before = undefined;
      // An event stream never ends by itself.
      if (route.answers === "events") ended.abort();
      else if (response.status !== 204) await checkAnswer(route, response);
      return;
    }
    const problem = Problem.parse(await response.json());
    if (response.status >= 500) throw new Error(`answered ${response.status} ${problem.detail}`);
    if (ERRORS[problem.code].status !== response.status) throw new Error("status and code differ");
    const after = await look(house, before);
    // Declined payments and ended orders are written down; what does not fit a route is not.
    const isInvalid = /^(request|auth|hold)\//.test(problem.code);
    if (isInvalid && before.rows !== after.rows) {
      throw new Error(`${problem.code} changed rows:\n${before.rows}\n${after.rows}`);
    }
    if (isInvalid && before.leases !== after.leases) {
      throw new Error(`${problem.code} changed leases`);
    }
    before = after;
  };
}

async function checkAnswer(route: Route, response: Response): Promise<void> {
  if (route.response === undefined) {
    await response.arrayBuffer();
    return;
  }
  route.response.parse(await response.json());
}

async function cookieOf(house: House, address: `0x${string}`): Promise<string> {
  const deps = { db: house.db, redis: house.redis, clock: systemClock };
  const { token } = await createSession(deps, {
    address,
    userAgent: `fuzz ${randomUuid()}`,
    method: "wallet",
  });
  return `sd_session=${token}`;
}

/** Every row of every table of the sale, as one line per table, and every lease. */
type Look = { rows: string; writtenTo: string; leases: string };

/** Where nothing was written at all since a look, its rows are still those that there are. */
async function look(house: House, before?: Look): Promise<Look> {
  // In this order: what is written in between is seen again by the next look, and never missed.
  const writtenTo = await endOfLog(house);
  const leases = (await house.redis.eval(LEASES, 0)) as string;
  const isSame = before !== undefined && before.writtenTo === writtenTo;
  return { writtenTo, leases, rows: isSame ? before.rows : await fingerprintRows(house) };
}

/** Every write of every table ends in Postgres' log, so this is the same only after none. */
async function endOfLog(house: House): Promise<string> {
  const { rows } = await house.db.query<{ lsn: string }>({
    name: "fuzz-end-of-log",
    text: "SELECT pg_current_wal_insert_lsn()::text AS lsn",
  });
  return rows[0]?.lsn ?? "";
}

/** Not their log, which also says that nothing had changed. */
const LEASES = `
  local leases = {}
  for _, name in ipairs({'seats:*', 'owned:*', 'areas:*'}) do
    for _, key in ipairs(redis.call('KEYS', name)) do
      leases[#leases + 1] = key .. ' ' .. redis.sha1hex(redis.call('DUMP', key))
    end
  end
  table.sort(leases)
  return redis.sha1hex(table.concat(leases, ','))`;

async function fingerprintRows(house: House): Promise<string> {
  const { rows: tables } = await house.db.query<{ name: string }>({
    name: "fuzz-tables",
    text: `SELECT quote_ident(tablename) AS name FROM pg_tables
           WHERE schemaname = 'sale' AND tablename <> 'seat' ORDER BY 1`,
  });
  const selects = tables.map(
    ({ name }) =>
      `SELECT '${name}' AS name, count(*)::int AS rows,
              coalesce(sum(hashtext((${rowOf(name)})::text)::bigint), 0)::text AS sum
       FROM sale.${name} t`,
  );
  const { rows } = await house.db.query<{ name: string; rows: number; sum: string }>({
    text: selects.join(" UNION ALL "),
  });
  return rows.map(({ name, rows: count, sum }) => `${name} ${count} ${sum}`).join("\n");
}

/** That a device was seen is written once a minute, whatever it asked for. */
function rowOf(table: string): string {
  return table === "session" ? "to_jsonb(t) - 'last_seen_at'" : "t";
}
