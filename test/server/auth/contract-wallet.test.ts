// Sign-in with a contract wallet, deployed or not; and what a plain key's sign-in needs of the chain: nothing.
import { createServer, type Server, type Socket } from "node:net";
import { expect } from "chai";
import { getAddress, type Hex } from "viem";
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { verifySignIn } from "#server/auth/verify-message.ts";
import { Fault } from "#server/domain/failure.ts";
import { openChains } from "#server/platform/chain.ts";
import { systemClock } from "#server/platform/clock.ts";
import { rpc, waitForReceipt } from "../../support/chain.ts";
import {
  addressOfFuture,
  beforeDeployment,
  CREATE2_FACTORY,
  deploy,
  deploymentOf,
  walletOf,
} from "../../support/contract-wallet.ts";
import { type House, openHouse } from "../../support/house.ts";
import { beginSignIn, submitSignIn, writeMessage } from "../../support/sign-in.ts";

/** The limit of the check, and room for a busy machine. */
const ANSWER_WITHIN_MS = 9_000;

describe("sign-in with a contract wallet", () => {
  let house: House;
  let keeper: PrivateKeyAccount;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());
  beforeEach(() => {
    keeper = privateKeyToAccount(generatePrivateKey());
  });

  async function signIn(wallet: Hex, sign: (message: string) => Promise<Hex>) {
    const { nonce, cookie } = await beginSignIn(house.url);
    const message = writeMessage(getAddress(wallet), nonce);
    return submitSignIn(house.url, { message, signature: await sign(message), cookie });
  }

  it("asks the wallet whether it takes the signature for its own (ERC-1271)", async () => {
    const wallet = await deploy(house.chain, walletOf(keeper.address));
    const answer = await signIn(wallet, (message) => keeper.signMessage({ message }));
    expect(answer.status).to.equal(201);
    expect(answer.body.address).to.equal(wallet.toLowerCase());
  });

  it("asks a wallet that is still to be deployed, and again once it is (ERC-6492)", async () => {
    const code = walletOf(keeper.address);
    const wallet = addressOfFuture(code);
    const call = deploymentOf(code);
    const wrapped = async (message: string) =>
      beforeDeployment(await keeper.signMessage({ message }), { call });
    const codeAt = () => house.chain.client.getCode({ address: wallet });
    expect((await signIn(wallet, wrapped)).body.address).to.equal(wallet.toLowerCase());
    // Asking has deployed nothing.
    expect(await codeAt()).to.equal(undefined);

    const { address: from } = anvilAccount(ANVIL_ROLES.fan);
    const deployment = { from, to: CREATE2_FACTORY, data: call };
    const hash = await rpc<Hex>(house.chain, "eth_sendTransaction", [deployment]);
    await waitForReceipt(house.chain, hash);
    expect(await codeAt()).to.be.a("string");
    expect((await signIn(wallet, wrapped)).status).to.equal(201);
    const plain = await signIn(wallet, (message) => keeper.signMessage({ message }));
    expect(plain.status).to.equal(201);
  });

  describe("while the chain is silent", () => {
    let silent: Server;
    const sockets = new Set<Socket>();
    before(async () => {
      silent = createServer((socket) => {
        sockets.add(socket);
        socket.on("error", () => undefined);
      });
      await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    });
    after(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => silent.close(resolve));
    });

    async function verify(address: Hex, rpcUrl: string) {
      const nonce = {
        ...{ nonce: "0123456789abcdef", domain: "localhost", uri: "http://localhost" },
        ...{ chainId: house.chain.deployment.chainId },
        issuedAt: systemClock.now().toISOString(),
        expiresAt: new Date(systemClock.now().getTime() + 60_000).toISOString(),
      };
      const message = writeMessage(getAddress(address), nonce);
      const chains = openChains([{ ...house.chain.deployment, rpcUrl }]);
      const signature = await keeper.signMessage({ message });
      const begun = { ...nonce, nowMs: systemClock.now().getTime() };
      return verifySignIn({ chains, clock: systemClock }, { message, signature }, begun);
    }

    const silentUrl = () => `http://127.0.0.1:${(silent.address() as { port: number }).port}`;

    it("a plain key signs in, and the chain is not asked", async () => {
      expect(await verify(keeper.address, silentUrl())).to.equal(keeper.address.toLowerCase());
      expect(sockets.size).to.equal(0);
    });

    it("a contract wallet is told to come again, within seconds", async () => {
      const wallet = addressOfFuture(walletOf(keeper.address));
      const startedMs = systemClock.monotonicMs();
      const error = await verify(wallet, silentUrl()).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(Fault).and.include({ code: "chain/unreachable" });
      expect(systemClock.monotonicMs() - startedMs).to.be.lessThan(ANSWER_WITHIN_MS);
    }).timeout(2 * ANSWER_WITHIN_MS);
  });
});
