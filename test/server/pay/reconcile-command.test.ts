// ./stagedoor reconcile as an operator calls it: books and the provider's list, and a code to go by.
import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryRoot } from "#scripts/services/packages.ts";
import { buy, stalls } from "../../support/buy.ts";
import { type House, openHouse } from "../../support/house.ts";
import { openStripeRig, type StripeRig } from "../../support/payment-rig.ts";

const COMMAND_LIMIT_MS = 60_000;

function run(house: House, variables: Record<string, string>, ...args: string[]) {
  const env = {
    ...process.env,
    DATABASE_URL: house.databaseUrl,
    DEPLOYMENTS: JSON.stringify([house.chain.deployment]),
    NODE_ENV: "development",
    ...variables,
  };
  const home = mkdtempSync(join(tmpdir(), "reconcile-command-"));
  const script = join(repositoryRoot, "scripts", "reconcile.ts");
  return new Promise<{ code: number; out: string }>((resolve) => {
    const options = { env, timeout: COMMAND_LIMIT_MS };
    execFile(process.execPath, [script, "--home", home, ...args], options, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out: out + err }),
    );
  });
}

describe("the command reconcile", function () {
  this.timeout(2 * COMMAND_LIMIT_MS);

  it("agrees with a house that sells, and tells what the provider knows more", async () => {
    const house = await openHouse();
    const { id } = await buy(house, await house.fan(), stalls(1, 1));
    const right = await run(house, {});
    expect(right.out).to.include("1 payments in the list of development: 0 unexplained");
    expect(right.code).to.equal(0);
    await house.db.query({
      text: `INSERT INTO sale.development_refund (payment_id, key, amount)
             SELECT id, 'by hand', 100 FROM sale.payment WHERE order_id = $1`,
      values: [id],
    });
    const wrong = await run(house, {}, "--json", "--days", "1");
    const lines = wrong.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const found = lines.filter(({ type }) => type === "difference");
    expect(found.map(({ rule }) => rule)).to.include("refunded-there-not-here");
    expect(lines.at(-1)).to.include({ type: "verdict", unexplained: 1, listed: 1 });
    expect(wrong.code).to.equal(1);
    const alone = await run(house, { PAYMENT_PROVIDER: "none" });
    expect(alone.out).to.include("no payment provider was asked: 0 unexplained");
    expect(alone.code).to.equal(0);
    await house.close();
  });

  it("says so when Stripe does not answer, and shows the books all the same", async () => {
    const rig: StripeRig = await openStripeRig();
    const stripe = {
      PAYMENT_PROVIDER: "stripe",
      STRIPE_SECRET_KEY: "sk_test_house",
      STRIPE_WEBHOOK_SECRET: rig.fake.webhookSecret,
      STRIPE_API_URL: rig.fake.apiUrl,
    };
    expect((await run(rig.house, stripe)).out).to.include("0 payments in the list of stripe");
    rig.fake.faults.push({ on: "GET /v1/payment_intents", fails: "before", times: 9 });
    const { code, out } = await run(rig.house, stripe);
    expect(out).to.include("stripe was not compared").and.to.include("0 unexplained");
    expect(code).to.equal(1);
    await rig.close();
  });

  it("refuses days that are none", async () => {
    const house = await openHouse();
    for (const days of ["0", "two", "-1", "1.5"]) {
      expect((await run(house, {}, "--days", days)).code).to.equal(2);
    }
    await house.close();
  });
});
