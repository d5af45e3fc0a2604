// Sets up a box office that sells an event's tickets on vouchers.
import type { BaseContract, BaseContractMethod, ContractRunner, Signer } from "ethers";
import {
  createEvent,
  DAY_S,
  EVENT,
  ethers,
  PRICE,
  run,
  ticketsFixture,
  time,
  ZERO,
} from "./tickets-fixture.ts";
import { domainOf, fields } from "./tickets-messages.ts";

type Method =
  | "buy"
  | "buyWithPermit"
  | "buyFor"
  | "setFloor"
  | "floorOf"
  | "refund"
  | "release"
  | "fundRefunds"
  | "reclaimFunds"
  | "escrowOf"
  | "fundsOf"
  | "creditOf"
  | "withdraw";
type BoxOffice = Omit<BaseContract, "connect"> &
  Record<Method, BaseContractMethod> & { connect(runner: ContractRunner): BoxOffice };

export const FACE = PRICE * 10n ** 9n;
/** A token of six decimals counts a price in cents. */
export const TOKEN_FACE = PRICE * 10n ** 4n;

const VOUCHER = {
  Voucher: fields(
    "uint256 eventId,uint8 class,uint48 unitPrice,uint40 deadline,address payer,bytes32 orderId," +
      "bytes runs",
  ),
};

export const nativeOffice = () => officeFixture(ZERO);

export async function tokenOffice() {
  const token = await ethers.deployContract("TestToken", [6]);
  const stage = await officeFixture(await token.getAddress());
  for (const fan of [stage.alice, stage.bob]) {
    await token.getFunction("mint")(fan, 100n * TOKEN_FACE);
  }
  return { ...stage, token };
}

/** An order for alice: seats 1 and 2 of row 1, public, at the default price. */
async function officeFixture(currency: string) {
  const stage = await ticketsFixture();
  const made = await ethers.deployContract("BoxOffice", [stage.tickets]);
  const office = made as unknown as BoxOffice;
  const boxOffice = await office.getAddress();
  const terms = await createEvent(stage, { currency, boxOffice });
  const server = stage.market;
  await stage.tickets.grantRole(ethers.id("VOUCHER_ROLE"), server);
  const voucher = {
    eventId: EVENT,
    class: 0,
    unitPrice: PRICE,
    deadline: (await time.latest()) + DAY_S,
    payer: ZERO,
    orderId: ethers.id("order"),
    runs: run({ to: stage.alice.address, count: 2 }),
  };
  return { ...stage, office, terms, server, voucher };
}

export type Office = Awaited<ReturnType<typeof officeFixture>>;
type Voucher = Office["voucher"];

export async function orderFor(stage: Office, changes: Partial<Voucher> = {}) {
  const order = { ...stage.voucher, ...changes };
  return { order, signature: await signVoucher(stage, stage.server, order) };
}

export async function signVoucher({ office }: Office, signer: Signer, order: Voucher) {
  return signer.signTypedData(await domainOf(office, "BoxOffice"), VOUCHER, order);
}

type TokenStage = Awaited<ReturnType<typeof tokenOffice>>;

/** An ERC-2612 permit for the box office. */
export async function signPermitOf(stage: TokenStage, owner: Signer, value: bigint) {
  const Permit = fields(
    "address owner,address spender,uint256 value,uint256 nonce,uint256 deadline",
  );
  const deadline = (await time.latest()) + DAY_S;
  const spender = await stage.office.getAddress();
  const message = { owner: await owner.getAddress(), spender, value, nonce: 0, deadline };
  const signature = await owner.signTypedData(await tokenDomain(stage), { Permit }, message);
  const { v, r, s } = ethers.Signature.from(signature);
  return { validAfter: 0, deadline, v, r, s };
}

/** An EIP-3009 authorisation whose nonce is the voucher's hash. */
export async function signAuthorisation(
  stage: TokenStage,
  from: Signer,
  order: Voucher,
  value: bigint,
) {
  const ReceiveWithAuthorization = fields(
    "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce",
  );
  const deadline = (await time.latest()) + DAY_S;
  const nonce = ethers.TypedDataEncoder.hashStruct("Voucher", VOUCHER, order);
  const to = await stage.office.getAddress();
  const times = { validAfter: 0, validBefore: deadline };
  const message = { from: await from.getAddress(), to, value, ...times, nonce };
  const types = { ReceiveWithAuthorization };
  const signature = await from.signTypedData(await tokenDomain(stage), types, message);
  const { v, r, s } = ethers.Signature.from(signature);
  return { validAfter: 0, deadline, v, r, s };
}

async function tokenDomain({ token }: TokenStage) {
  return { ...(await domainOf(token)), name: "Test Euro" };
}
