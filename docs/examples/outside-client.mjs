// Sells a ticket and shows its pass, with nothing but a node and what docs/contracts.md says.
//
// RPC_URL, TICKETS, RESALE, TICKET_ID, SELLER_KEY and BUYER_KEY come from the environment; each
// step is one line of JSON on standard output. Besides ethers it needs nothing that Node lacks.
import { generateKeyPairSync, sign } from "node:crypto";
import {
  Contract,
  concat,
  getBytes,
  hexlify,
  JsonRpcProvider,
  toBeHex,
  Wallet,
  ZeroAddress,
} from "ethers";

const DAY_S = 86_400;
const STEP_S = 15;
const STEPS_END = 2 ** 16;

const TICKETS = [
  "function eip712Domain() view returns (bytes1, string name, string version, uint256 chainId, address verifyingContract, bytes32, uint256[])",
  "function ownerOf(uint256) view returns (address)",
  "function nonces(uint256) view returns (uint256)",
  "function ticketOf(uint256) view returns ((address owner, uint48 face, uint16 nonce, uint8 gifts, uint8 flags, uint24 since))",
  "function isAdmissible(bytes) view returns (bool)",
  "event Transfer(address indexed from, address indexed to, uint256 indexed id)",
];
const ASK =
  "(uint256 id, address market, address currency, uint256 price, uint16 nonce, uint40 deadline, uint16 feeBps, address feeTo, address allowedBuyer)";
const RESALE = [`function buy(${ASK} ask, address to, bytes signature) payable`];

const ASK_TYPES = {
  Ask: [
    { name: "id", type: "uint256" },
    { name: "market", type: "address" },
    { name: "currency", type: "address" },
    { name: "price", type: "uint256" },
    { name: "nonce", type: "uint16" },
    { name: "deadline", type: "uint40" },
    { name: "feeBps", type: "uint16" },
    { name: "feeTo", type: "address" },
    { name: "allowedBuyer", type: "address" },
  ],
};
const SESSION_TYPES = {
  GateSession: [
    { name: "ticket", type: "uint256" },
    { name: "nonce", type: "uint16" },
    { name: "notAfter", type: "uint32" },
    { name: "sessionPub", type: "bytes" },
  ],
};

const { RPC_URL, TICKETS: at, RESALE: market, TICKET_ID, SELLER_KEY, BUYER_KEY } = process.env;
// ethers answers the same question from memory for a quarter of a second: long enough for a nonce
// that is no longer the next one.
const provider = new JsonRpcProvider(RPC_URL, undefined, {
  polling: true,
  pollingInterval: 200,
  cacheTimeout: -1,
});
const seller = new Wallet(SELLER_KEY, provider);
const buyer = new Wallet(BUYER_KEY, provider);
const tickets = new Contract(at, TICKETS, provider);
const id = BigInt(TICKET_ID);

try {
  const { name, version, chainId, verifyingContract } = await tickets.eip712Domain();
  const domain = { name, version, chainId, verifyingContract };
  tell("domain", { name, version, chainId: String(chainId), verifyingContract });

  const { ask, signature } = await makeAsk(domain);
  tell("ask", { price: String(ask.price), nonce: String(ask.nonce), signature });

  const sold = await new Contract(market, RESALE, buyer).buy(ask, buyer.address, signature, {
    value: ask.price,
  });
  await sold.wait();
  tell("sold", { owner: await tickets.ownerOf(id), buyer: buyer.address, hash: sold.hash });

  const pass = await makePass(domain, buyer);
  const stranger = await makePass(domain, seller);
  tell("pass", {
    bytes: (pass.length - 2) / 2,
    admissible: await tickets.isAdmissible(pass),
    ofTheFormerHolder: await tickets.isAdmissible(stranger),
  });
} finally {
  provider.destroy();
}

/** At the price first paid, for anybody, for a day; it dies when the ticket moves. */
async function makeAsk(domain) {
  const { face } = await tickets.ticketOf(id);
  const ask = {
    id,
    market,
    currency: ZeroAddress,
    price: face * 10n ** 9n,
    nonce: await tickets.nonces(id),
    deadline: (await now()) + DAY_S,
    feeBps: 0,
    feeTo: ZeroAddress,
    allowedBuyer: ZeroAddress,
  };
  return { ask, signature: await seller.signTypedData(domain, ASK_TYPES, ask) };
}

/** The holder signs a session key once; that key signs the moment, as a phone does at the gate. */
async function makePass(domain, holder) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x, y } = publicKey.export({ format: "jwk" });
  const parity = Buffer.from(y, "base64url").at(-1) % 2;
  const sessionPub = hexlify(Buffer.concat([Buffer.of(2 + parity), Buffer.from(x, "base64url")]));
  const nonce = await tickets.nonces(id);
  const time = await now();
  const notAfter = time + DAY_S;
  const session = { ticket: id, nonce, notAfter, sessionPub };
  const ownerSig = await holder.signTypedData(domain, SESSION_TYPES, session);
  const step = Math.floor(time / STEP_S) % STEPS_END;
  const signed = concat([
    "0x01",
    toBeHex(id, 8),
    toBeHex(nonce, 2),
    toBeHex(notAfter, 4),
    toBeHex(step, 2),
    sessionPub,
  ]);
  const key = { key: privateKey, dsaEncoding: "ieee-p1363" };
  return concat([signed, ownerSig, hexlify(sign("sha256", getBytes(signed), key))]);
}

async function now() {
  return (await provider.getBlock("latest")).timestamp;
}

function tell(step, facts) {
  process.stdout.write(`${JSON.stringify({ step, ...facts })}\n`);
}
