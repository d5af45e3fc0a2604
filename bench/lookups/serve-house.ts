// The product's API with real services and a mirror of a million tickets, for the bench to put load on.
import { openHouse } from "#test/support/house.ts";
import { fillMirror } from "./fill.ts";

const LIMIT_SCALE = 1_000;
/** Asked for in turn: enough that Postgres does not have one page at hand for all. */
const ASKED_FOR = 20_000;

// Every request is counted as in earnest, and nobody is refused.
const house = await openHouse({ limitScale: LIMIT_SCALE });
const { deployment } = house.event;
await fillMirror(house.databaseUrl, deployment);
const owners = await house.db.query<{ owner: string }>({
  text: "SELECT owner FROM mirror.holder ORDER BY md5(owner) LIMIT $1",
  values: [ASKED_FOR],
});
const tickets = await house.db.query<{ ticket_id: bigint }>({
  text: "SELECT ticket_id FROM mirror.ticket ORDER BY md5(ticket_id::text) LIMIT $1",
  values: [ASKED_FOR],
});
process.send?.({
  port: Number(new URL(house.url).port),
  databaseUrl: house.databaseUrl,
  paths: {
    owner: owners.rows.map(({ owner }) => `/v1/tickets?owner=${owner}`),
    ticket: tickets.rows.map(({ ticket_id }) => `/v1/tickets/tkt_${deployment}_${ticket_id}`),
  },
});
process.once("disconnect", () => void house.close().then(() => process.exit(0)));
