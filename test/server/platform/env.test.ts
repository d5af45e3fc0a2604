// The environment: read once, refused with one sentence.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";
import { generatePrivateKey } from "viem/accounts";
import { anvilAccount } from "#scripts/services/anvil-keys.ts";
import { readEnv } from "#server/platform/env.ts";

const deployment = {
  id: 1,
  chainId: 31_337,
  rpcUrl: "http://127.0.0.1:1",
  tickets: `0x${"0A".repeat(20)}`,
  startBlock: 0,
};
const good = {
  NODE_ENV: "production",
  PUBLIC_URL: "https://tickets.example.org",
  DATABASE_URL: "postgresql://u:p@127.0.0.1:1/db",
  REDIS_URL: "redis://127.0.0.1:1",
  DEPLOYMENTS: JSON.stringify([{ ...deployment, chainId: 8453 }]),
};
const KEY = `0x${"1".repeat(64)}`;
const SEVENTEEN_KEYS = Array.from({ length: 17 }, () => generatePrivateKey()).join();
const local = { DEPLOYMENTS: JSON.stringify([deployment]) };
const root = join(import.meta.dirname, "../../..");

describe("readEnv", () => {
  it("reads a full environment and lower-cases addresses", () => {
    const env = readEnv({ ...good, PORT: "8080" });
    expect(env.port).to.equal(8080);
    expect(env.deployments[0]?.tickets).to.equal(`0x${"0a".repeat(20)}`);
  });

  it("takes an empty line of .env as not set", () => {
    expect(readEnv({ ...good, MINTER_KEY: "" }).minterKeys).to.deep.equal([]);
  });

  it("takes replicas for lookups, a few, each an address of Postgres", () => {
    const [one, other] = ["postgresql://u:p@10.0.0.2/db", "postgresql://u:p@10.0.0.3/db"];
    const env = readEnv({
      ...good,
      LOOKUP_DATABASE_URLS: `${one}, ${other}`,
      LOOKUP_LAG_MAX_MS: "900",
    });
    expect(env.lookups).to.deep.equal({ databaseUrls: [one, other], lagMaxMs: 900 });
    expect(readEnv(good).lookups).to.deep.equal({ databaseUrls: [], lagMaxMs: 2_000 });
    for (const list of ["10.0.0.2", `${one},redis://10.0.0.3`, Array(9).fill(one).join()]) {
      const given = { ...good, LOOKUP_DATABASE_URLS: list };
      expect(() => readEnv(given)).to.throw("LOOKUP_DATABASE_URLS is malformed");
    }
  });

  it("takes the contracts around Tickets, all or none", () => {
    const modules = {
      splits: `0x${"0B".repeat(20)}`,
      resale: `0x${"0C".repeat(20)}`,
      boxOffice: `0x${"0D".repeat(20)}`,
      renderer: `0x${"0E".repeat(20)}`,
    };
    const list = (given: object) => JSON.stringify([{ ...deployment, chainId: 1, modules: given }]);
    const env = readEnv({ ...good, DEPLOYMENTS: list(modules) });
    expect(env.deployments[0]?.modules).to.deep.equal({
      splits: `0x${"0b".repeat(20)}`,
      resale: `0x${"0c".repeat(20)}`,
      boxOffice: `0x${"0d".repeat(20)}`,
      renderer: `0x${"0e".repeat(20)}`,
    });
    const { renderer: _, ...three } = modules;
    expect(() => readEnv({ ...good, DEPLOYMENTS: list(three) })).to.throw(
      "DEPLOYMENTS is malformed at 0.modules.renderer",
    );
    expect(readEnv(good).deployments[0]).to.not.have.property("modules");
  });

  describe("with Stripe", () => {
    const keys = { STRIPE_SECRET_KEY: "sk_live_1", STRIPE_WEBHOOK_SECRET: "whsec_1" };
    const stripe = { ...good, PAYMENT_PROVIDER: "stripe", ...keys };

    it("takes its keys, and its account where there is one", () => {
      expect(readEnv({ ...stripe, STRIPE_ACCOUNT: "acct_1" }).stripe).to.deep.equal({
        ...{ secretKey: "sk_live_1", webhookSecret: "whsec_1", account: "acct_1" },
        apiUrl: undefined,
      });
      expect(readEnv({ ...good, ...keys }).stripe, "not the provider").to.equal(undefined);
    });

    for (const name of Object.keys(keys)) {
      it(`is not without ${name}`, () => {
        expect(() => readEnv({ ...stripe, [name]: "" })).to.throw("PAYMENT_PROVIDER=stripe needs");
      });
    }

    it("takes no publishable key, and no other secret for a webhook's", () => {
      const wrong = { STRIPE_SECRET_KEY: "pk_live_1", STRIPE_WEBHOOK_SECRET: "sk_live_1" };
      for (const [name, value] of Object.entries(wrong)) {
        expect(() => readEnv({ ...stripe, [name]: value })).to.throw(`${name} is malformed`);
      }
    });

    it("lets nothing stand in for it but on a local chain", () => {
      const fake = { ...stripe, STRIPE_API_URL: "http://127.0.0.1:1" };
      expect(() => readEnv(fake)).to.throw("Refusing to start with STRIPE_API_URL");
      const test = { STRIPE_SECRET_KEY: "sk_test_1", NODE_ENV: "development" };
      expect(readEnv({ ...fake, ...local, ...test }).stripe?.apiUrl?.port).to.equal("1");
    });

    it("takes no real money on a local chain", () => {
      for (const NODE_ENV of ["development", "production"]) {
        expect(() => readEnv({ ...stripe, ...local, NODE_ENV })).to.throw("A live STRIPE_SECRET");
      }
    });
  });

  it("takes several chains side by side", () => {
    const list = [deployment, { ...deployment, id: 2, chainId: 1 }];
    const env = readEnv({ ...good, DEPLOYMENTS: JSON.stringify(list) });
    expect(env.deployments.map(({ id }) => id)).to.deep.equal([1, 2]);
  });

  it("reads the operators' addresses in lower case", () => {
    const list = `0x${"0A".repeat(20)}, 0x${"0b".repeat(20)}`;
    const { operators } = readEnv({ ...good, STAGEDOOR_OPERATORS: list });
    expect(operators).to.deep.equal([`0x${"0a".repeat(20)}`, `0x${"0b".repeat(20)}`]);
  });

  const malformed: [
    name: keyof typeof good | "PORT" | "MINTER_KEY" | "STAGEDOOR_OPERATORS",
    value: string,
    says: string,
  ][] = [
    ["PORT", "eighty", "PORT is malformed"],
    ["PORT", "70000", "PORT is malformed"],
    ["NODE_ENV", "test", "NODE_ENV is malformed"],
    ["PUBLIC_URL", "ftp://example.org", "PUBLIC_URL is malformed"],
    ["DATABASE_URL", "mysql://localhost/db", "DATABASE_URL is malformed"],
    ["REDIS_URL", "http://localhost", "REDIS_URL is malformed"],
    ["DEPLOYMENTS", "[", "DEPLOYMENTS is malformed (is not JSON)"],
    ["DEPLOYMENTS", "[]", "DEPLOYMENTS is malformed"],
    ["DEPLOYMENTS", '[{"id":1}]', "DEPLOYMENTS is malformed at 0"],
    ["DEPLOYMENTS", JSON.stringify([deployment, deployment]), "uses an id twice"],
    [
      "DEPLOYMENTS",
      JSON.stringify([{ ...deployment, rpcUrl: "wss://rpc.example.org" }]),
      "DEPLOYMENTS is malformed at 0.rpcUrl (only http:// and https:// RPCs are supported)",
    ],
    [
      "DEPLOYMENTS",
      JSON.stringify([{ ...deployment, chainId: 2 ** 31 }]),
      "DEPLOYMENTS is malformed at 0.chainId (only chain ids up to 2147483647 are supported)",
    ],
    ["MINTER_KEY", "0x12", "MINTER_KEY is malformed"],
    ["MINTER_KEY", `${KEY},`, "MINTER_KEY is malformed at 1"],
    ["MINTER_KEY", `${KEY}, ${KEY}`, "names a key twice"],
    ["MINTER_KEY", SEVENTEEN_KEYS, "names more than 16"],
    ["STAGEDOOR_OPERATORS", "alice.eth", "STAGEDOOR_OPERATORS is malformed (is no list of addr"],
    ["STAGEDOOR_OPERATORS", Array(33).fill(deployment.tickets).join(), "names more than 32"],
  ];
  for (const [name, value, says] of malformed) {
    it(`refuses ${name}=${value.slice(0, 30)}: ${says}`, () => {
      expect(() => readEnv({ ...good, [name]: value })).to.throw(says);
    });
  }

  it("names a variable that is missing and what it holds, and no other value", () => {
    const { DATABASE_URL: _, ...rest } = good;
    expect(() => readEnv(rest)).to.throw("DATABASE_URL is not set. It holds: PostgreSQL");
  });

  it("has no default for anything secret", () => {
    const env = readEnv(good);
    expect(env.minterKeys).to.deep.equal([]);
    expect(env.operators).to.deep.equal([]);
    expect(env.paymentProvider).to.equal("none");
    expect(env.wallet).to.equal("none");
  });
});

describe("development parts", () => {
  const minter = anvilAccount(1).privateKey;
  const parts: [name: string, value: string][] = [
    ["PAYMENT_PROVIDER", "development"],
    ["WALLET", "development"],
    ["MINTER_KEY", minter],
    ["MINTER_KEY", anvilAccount(29).privateKey],
    ["STAGEDOOR_OPERATORS", `0x${"1".repeat(40)},${anvilAccount(0).address}`],
  ];

  for (const [name, value] of parts) {
    it(`refuse production with ${name}=${value.slice(0, 12)}`, () => {
      expect(() => readEnv({ ...good, ...local, [name]: value })).to.throw("Refusing to start");
    });

    it(`refuse another chain with ${name}=${value.slice(0, 12)}`, () => {
      expect(() => readEnv({ ...good, NODE_ENV: "development", [name]: value })).to.throw(
        "only with NODE_ENV=development on chain 31337",
      );
    });

    it(`load on the local chain with ${name}=${value.slice(0, 12)}`, () => {
      readEnv({ ...good, ...local, NODE_ENV: "development", [name]: value });
    });
  }

  it("let a key of a service pass in production", () => {
    const key = "aws-kms:eu-west-1:1234abcd-12ab-34cd-56ef-1234567890ab";
    expect(readEnv({ ...good, MINTER_KEY: key }).minterKeys).to.deep.equal([key]);
  });

  for (const script of ["server/main.ts", "server/worker.ts", "indexer/main.ts"]) {
    for (const [name, value] of parts.slice(0, 3)) {
      it(`end ${script} with exit code 1 and one sentence for ${name}`, () => {
        const { status, stderr, stdout } = spawnSync(process.execPath, [join(root, script)], {
          env: { PATH: process.env.PATH, ...good, ...local, [name]: value },
          encoding: "utf8",
          timeout: 20_000,
        });
        expect(stderr.trim().split("\n")).to.have.lengthOf(1);
        expect(stderr).to.include("Refusing to start with");
        expect(stderr + stdout).not.to.include(minter.slice(2));
        expect(status).to.equal(1);
      }).timeout(25_000);
    }
  }
});
