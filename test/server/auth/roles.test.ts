// Roles: who gives them to whom, that they end at once, and that each change is in the audit log.
import { expect } from "chai";
import { generatePrivateKey } from "viem/accounts";
import { type Client, createClient } from "#scripts/demo-client.ts";
import { verifyAudit } from "#server/audit/verify.ts";
import { GRANTS_PER_SCOPE_MAX, grantRole, nameOperators } from "#server/auth/grant-role.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { type House, openHouse } from "../../support/house.ts";
import { expectProblem } from "../../support/refusals.ts";

describe("roles", () => {
  let house: House;
  let organiser: Client;
  let operator: Client;
  before(async () => {
    house = await openHouse();
    organiser = await house.organiser();
    operator = await house.operator();
  });
  after(() => house.close());

  const addressOf = (client: Client) => client.account.address.toLowerCase();

  async function acts(address: string) {
    const { rows } = await house.db.query<{ act: string; actor: string; role: string }>({
      text: `SELECT act, actor, details->>'role' AS role FROM sale.audit
             WHERE details->>'address' = $1 ORDER BY id`,
      values: [address],
    });
    return rows.map(({ act, actor, role }) => [act, role, actor]);
  }

  async function eventRoles() {
    const params = { eventId: house.eventId };
    return (await organiser.call("listRoles", { params })).roles;
  }

  function grant(by: Client, to: Client, role: "organiser" | "gate" | "box-office" | "artist") {
    const params = { eventId: house.eventId };
    return by.call("grantRole", { params, body: { address: addressOf(to), role } });
  }

  function revoke(by: Client, from: Client, role: "organiser" | "gate" | "box-office" | "artist") {
    const params = { eventId: house.eventId, role, address: addressOf(from) };
    return by.call("revokeRole", { params });
  }

  function scan(staff: Client) {
    const body = { scanId: randomUuid(), eventId: house.eventId, gate: "Door", pass: "A" };
    return staff.call("scan", { body });
  }

  it("work from the moment they are granted to the moment they are revoked", async () => {
    const staff = await house.fan();
    const params = { eventId: house.eventId };
    await expectProblem(scan(staff), "auth/forbidden");
    const given = await grant(organiser, staff, "gate");
    expect(given).to.include({ role: "gate", grantedBy: addressOf(organiser) });
    expect((await scan(staff)).decision).to.equal("refuse");
    expect((await staff.call("getSession")).roles).to.deep.equal([{ ...params, role: "gate" }]);
    expect((await eventRoles()).map(({ address }) => address)).to.include(addressOf(staff));

    await revoke(organiser, staff, "gate");
    await expectProblem(scan(staff), "auth/forbidden");
    expect((await staff.call("getSession")).roles).to.deep.equal([]);
    expect((await eventRoles()).map(({ address }) => address)).not.to.include(addressOf(staff));
    expect(await acts(addressOf(staff))).to.deep.equal([
      ["role.granted", "gate", addressOf(organiser)],
      ["role.revoked", "gate", addressOf(organiser)],
    ]);
  });

  it("are granted and revoked once, however often that is asked", async () => {
    const staff = await house.fan();
    const all = await Promise.all(Array.from({ length: 5 }, () => grant(organiser, staff, "gate")));
    for (const each of all) expect(each).to.deep.equal(all[0]);
    await Promise.all(Array.from({ length: 5 }, () => revoke(organiser, staff, "gate")));
    expect(await acts(addressOf(staff))).to.have.lengthOf(2);
    await expectProblem(revoke(organiser, await house.fan(), "gate"), "request/not-found");
  });

  it("can be given again after they were taken away", async () => {
    const staff = await house.fan();
    for (const _ of [1, 2]) {
      await grant(organiser, staff, "artist");
      await revoke(organiser, staff, "artist");
    }
    expect(await acts(addressOf(staff))).to.have.lengthOf(4);
  });

  it("do not let an event lose its last organiser, also when two leave at once", async () => {
    await expectProblem(revoke(organiser, organiser, "organiser"), "auth/last-holder");
    await expectProblem(revoke(operator, organiser, "organiser"), "auth/last-holder");
    const second = await house.fan();
    await grant(operator, second, "organiser");
    const outcomes = await Promise.allSettled([
      revoke(organiser, organiser, "organiser"),
      revoke(second, second, "organiser"),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).to.deep.equal(["fulfilled", "rejected"]);
    // Whoever stayed brings the other back, for the tests that follow.
    await grant(operator, organiser, "organiser");
    await revoke(operator, second, "organiser");
  });

  it("do not wait for an event that does not exist", async () => {
    const body = { address: addressOf(organiser), role: "gate" as const };
    const call = operator.call("grantRole", { params: { eventId: "evt_1_999" }, body });
    await expectProblem(call, "request/not-found");
  });

  it("are limited for one event", async () => {
    const scope = { ...house.event, eventId: 77 };
    const clock = systemClock;
    const address = (n: number) => `0x${n.toString(16).padStart(40, "0")}`;
    await house.db.query({
      text: `INSERT INTO sale.role (deployment, event_id, address, role, granted_by)
             SELECT $1, $2, '0x' || lpad(to_hex(n), 40, '0'), 'gate', 'test'
             FROM generate_series(1, $3) AS n`,
      values: [scope.deployment, scope.eventId, GRANTS_PER_SCOPE_MAX],
    });
    const change = { scope, address: address(0xffff), role: "gate", actor: "test" } as const;
    const outcome = house.db.transaction((sql) => grantRole(sql, { clock }, change));
    expect(await outcome.catch((error: unknown) => error)).to.include({
      code: "auth/limit-reached",
    });
  });

  it("undo nothing of the act when the audit row cannot be written, and the other way round", async () => {
    const address = addressOf(await house.fan());
    const change = { scope: house.event, address, role: "gate", actor: "test" } as const;
    const outcome = house.db.transaction(async (sql) => {
      await grantRole(sql, { clock: systemClock }, change);
      throw new Error("the transaction ends here");
    });
    expect(await outcome.catch((error: Error) => error.message)).to.include("ends here");
    expect(await acts(address)).to.deep.equal([]);
    expect((await eventRoles()).some((held) => held.address === address)).to.equal(false);
  });

  it("of operators come from the environment once, and then from operators", async () => {
    const { operators } = await operator.call("listOperators");
    expect(operators).to.have.lengthOf(1);
    expect(operators[0]).to.include({ address: addressOf(operator), grantedBy: "environment" });
    const params = { address: addressOf(operator) };
    await expectProblem(operator.call("revokeOperator", { params }), "auth/last-holder");

    const second = createClient(house.url, generatePrivateKey());
    await operator.call("grantOperator", { body: { address: addressOf(second) } });
    await second.signIn();
    expect((await second.call("getSession")).roles).to.deep.equal([
      { eventId: null, role: "operator" },
    ]);
    await operator.call("revokeOperator", { params: { address: addressOf(second) } });
    await expectProblem(second.call("listOperators"), "auth/forbidden");
    // The environment names who begins; it does not undo what an operator decided.
    await nameOperators({ db: house.db, clock: systemClock }, [addressOf(second)]);
    await expectProblem(second.call("listOperators"), "auth/forbidden");
    expect(await acts(addressOf(second))).to.have.lengthOf(2);
  });

  it("of operators are named once when several processes start at once", async () => {
    const address = addressOf(await house.fan());
    const deps = { db: house.db, clock: systemClock };
    await Promise.all(Array.from({ length: 4 }, () => nameOperators(deps, [address])));
    expect(await acts(address)).to.deep.equal([["role.granted", "operator", "environment"]]);
  });

  it("leave a log that is whole", async () => {
    const verdict = await verifyAudit(house.db, { rowsPerRead: 3 });
    expect(verdict.broken).to.equal(undefined);
    expect(Number(verdict.rows)).to.be.greaterThan(15);
  });
});
