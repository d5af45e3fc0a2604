// A split's acceptances: each payee's own signature of this very split, as the contract will check it.
import { expect } from "chai";
import { parseSignature, serializeSignature } from "viem";
import type { Client } from "#scripts/demo-client.ts";
import { finishPublishing } from "#scripts/seed-publish.ts";
import { splitMessage } from "#server/domain/split.ts";
import { parseEventId } from "#server/domain/ticket-id.ts";
import { deploy, walletOf } from "../../support/contract-wallet.ts";
import { type House, openHouse } from "../../support/house.ts";
import { accept, createReadyDraft, type Draft, of } from "../../support/organise.ts";
import { expectProblem } from "../../support/refusals.ts";

const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

describe("a split", () => {
  let house: House;
  let operator: Client;
  before(async () => {
    house = await openHouse({ modules: true });
    operator = await house.operator();
  });
  after(() => house.close());

  async function sharedBy(...addresses: string[]): Promise<Draft> {
    const draft = await createReadyDraft(operator);
    const shareBps = 10_000 / addresses.length;
    const payees = addresses.map((address) => ({ address, shareBps }));
    return operator.call("putPayees", { ...of(draft), body: { payees } });
  }

  function messageOf(draft: Draft) {
    const { chainId, modules } = house.chain.deployment;
    const splits = modules?.splits;
    const payees = draft.payees.map(({ address, shareBps }) => ({
      address: address as `0x${string}`,
      shareBps,
    }));
    const { eventId } = parseEventId(draft.id);
    return splitMessage({ chainId, splits: splits as `0x${string}`, eventId, payees });
  }

  const give = (by: Client, draft: Draft, body: { payee: string; signature: string }) =>
    by.call("acceptSplit", { params: { eventId: draft.id }, body });

  it("is shown to its organiser and its payees, as each signs it", async () => {
    const payee = await house.fan();
    const draft = await sharedBy(payee.account.address);
    const params = { eventId: draft.id };
    const { typedData } = await payee.call("getSplit", { params });
    expect(typedData.domain).to.include({ name: "Stagedoor Splits", chainId: 31_337 });
    expect(typedData.message).to.deep.include({ shares: [10_000] });
    expect((await operator.call("getSplit", { params })).typedData).to.deep.equal(typedData);
    await expectProblem((await house.fan()).call("getSplit", { params }), "auth/forbidden");
  });

  it("is accepted by each payee, whoever hands the signature in", async () => {
    const [first, second] = [await house.fan(), await house.fan()];
    const draft = await sharedBy(first.account.address, second.account.address);
    const accepted = await accept(house, first, draft);
    expect(accepted.payees.map(({ acceptedAt }) => acceptedAt !== null)).to.deep.equal([
      true,
      false,
    ]);
    const signature = await second.account.signTypedData(messageOf(draft));
    const all = await give(operator, draft, { payee: second.account.address, signature });
    expect(all.payees.every(({ acceptedAt }) => acceptedAt !== null)).to.equal(true);
  });

  it("is not accepted by somebody else's signature, of another split, or in another spelling", async () => {
    const [payee, other] = [await house.fan(), await house.fan()];
    const draft = await sharedBy(payee.account.address);
    const { address } = payee.account;
    const right = await payee.account.signTypedData(messageOf(draft));
    const wrong = [
      await other.account.signTypedData(messageOf(draft)),
      await payee.account.signTypedData(messageOf(await sharedBy(address))),
      "0x",
      `${right}00`,
      mirrored(right),
    ];
    for (const signature of wrong) {
      await expectProblem(
        give(payee, draft, { payee: address, signature }),
        "split/signature-invalid",
      );
    }
    const stranger = { payee: other.account.address, signature: right };
    await expectProblem(give(payee, draft, stranger), "request/not-found");
    await give(payee, draft, { payee: address, signature: right });
  });

  it("is accepted anew once it was changed", async () => {
    const payee = await house.fan();
    const draft = await sharedBy(payee.account.address);
    await accept(house, payee, draft);
    const [address] = [payee.account.address];
    const body = { payees: [{ address, shareBps: 10_000 }] };
    const changed = await operator.call("putPayees", { ...of(draft), body });
    expect(changed.payees[0]?.acceptedAt).to.equal(null);
  });

  it("is accepted by a contract wallet, and the chain takes it", async () => {
    const keeper = await house.fan();
    const wallet = await deploy(house.chain, walletOf(keeper.account.address));
    const draft = await sharedBy(wallet);
    const stranger = await house.fan();
    const message = messageOf(draft);
    const wrong = await stranger.account.signTypedData(message);
    await expectProblem(
      give(stranger, draft, { payee: wallet, signature: wrong }),
      "split/signature-invalid",
    );
    const signature = await keeper.account.signTypedData(message);
    await give(keeper, draft, { payee: wallet, signature });
    await operator.call("publishEvent", of(draft));
    await finishPublishing(house, parseEventId(draft.id));
    const params = { eventId: draft.id };
    const { steps } = await operator.call("getPublishing", { params });
    expect(steps[2]).to.include({ step: "split", state: "done" });
    await expectProblem(give(keeper, draft, { payee: wallet, signature }), "event/wrong-state");
  });
});

/** The other spelling of the same signature, which the contract does not take. */
function mirrored(signature: `0x${string}`): `0x${string}` {
  const { r, s, yParity } = parseSignature(signature);
  const other = CURVE_ORDER - BigInt(s);
  return serializeSignature({
    r,
    s: `0x${other.toString(16).padStart(64, "0")}`,
    yParity: yParity === 0 ? 1 : 0,
  });
}
