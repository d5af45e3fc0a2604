// Found: the gate took the mirror's age by its own clock: fast, it shut the door; slow, it hid an old mirror.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { openPassSession } from "#scripts/demo-pass.ts";

import { parseEventId, parseTicketId } from "#server/domain/ticket-id.ts";
import { judgeScan } from "#server/gate/judge-scan.ts";
import { type Clock, systemClock, unixSeconds } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { buyAndMint, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";

const ASIDE_SECONDS = 120;

/** Of a server whose wall clock is wrong by so much. */
const clockOff = (seconds: number): Clock => ({
  ...systemClock,
  now: () => new Date(systemClock.now().getTime() + seconds * 1_000),
});

describe("finding: a gate whose own clock is wrong", () => {
  let house: House;
  let fan: Client;
  let tickets: string[];
  before(async () => {
    house = await openHouse();
    fan = await house.fan();
    const minted = await buyAndMint(house, fan, stalls(1, 1, 2));
    tickets = minted.lines.map(({ ticketId }) => ticketId);
    await house.mirror();
  });
  after(() => house.close());

  /** The code is of the gate's own time, so that nothing else is wrong. */
  async function scan(ticket: string, clock: Clock) {
    const { chainId, tickets: contract } = house.chain.deployment;
    const { ticketId } = parseTicketId(ticket);
    const given = { ticketId, nonce: 0, chainId, tickets: contract };
    const session = await openPassSession(fan.account, given);
    return judgeScan(
      { db: house.db, chains: house.chains, clock },
      {
        ...{ scanId: randomUuid(), gate: "Main door", staff: fan.account.address },
        ...{ event: parseEventId(house.eventId), pass: await session.codeAt(unixSeconds(clock)) },
      },
    );
  }

  it("admits on a mirror that is new, although it is two minutes fast", async () => {
    const { decision } = await scan(tickets[0] as string, clockOff(ASIDE_SECONDS));
    expect(decision).to.equal("admit");
  });

  it("decides nothing on one that is old, although it is two minutes slow", async () => {
    await house.indexerDb.query({
      text: "UPDATE mirror.cursor SET updated_at = now() - interval '90 seconds'",
    });
    const outcome = await scan(tickets[1] as string, clockOff(-ASIDE_SECONDS)).catch(
      (error: Error) => error,
    );
    expect(outcome).to.include({ code: "chain/mirror-behind" });
  });
});
