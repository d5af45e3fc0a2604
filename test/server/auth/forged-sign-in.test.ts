// Every way to forge a sign-in that we know of, each by name: none of them gets a session.
import { expect } from "chai";
import { getAddress, type Hex, hashMessage, keccak256, toHex } from "viem";
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import {
  addressOfFuture,
  beforeDeployment,
  CREATE2_FACTORY,
  deploy,
  deploymentOf,
  WALLETS_THAT,
  walletOf,
  YES_WALLET,
} from "../../support/contract-wallet.ts";
import { type House, openHouse } from "../../support/house.ts";
import {
  type Begun,
  beginSignIn,
  type Submitted,
  submitSignIn,
  writeMessage,
} from "../../support/sign-in.ts";

const MINUTE_MS = 60_000;
/** EIP-2: the order of the curve. */
const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

describe("a forged sign-in", () => {
  let house: House;
  /** A wallet that the forger has, and one that the forger wants to be. */
  let mine: PrivateKeyAccount;
  let victim: PrivateKeyAccount;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());
  beforeEach(() => {
    mine = privateKeyToAccount(generatePrivateKey());
    victim = privateKeyToAccount(generatePrivateKey());
  });

  const begin = () => beginSignIn(house.url);
  const submit = (message: string, signature: Hex | string, cookie: string) =>
    submitSignIn(house.url, { message, signature, cookie });

  function refused(answer: Submitted, code = "auth/signature-invalid"): void {
    expect(answer.body).to.include({ code });
    expect(answer.status).to.equal(401);
    expect(answer.session).to.equal(undefined);
  }

  /** The wallet itself signs what was changed: nothing but the change is wrong. */
  async function signed(edit: (message: string, begun: Begun) => string): Promise<Submitted> {
    const begun = await begin();
    const message = edit(writeMessage(mine.address, begun.nonce), begun);
    return submit(message, await mine.signMessage({ message }), begun.cookie);
  }

  it("is what it is only by its change: the unchanged one gets a session", async () => {
    const answer = await signed((message) => message);
    expect(answer.status).to.equal(201);
    expect(answer.body.address).to.equal(mine.address.toLowerCase());
  });

  const host = (text: string, domain: (host: string) => string) =>
    text.replace(/^(\S+) wants/, (_, found: string) => `${domain(found)} wants`);
  const uri = (text: string, change: (uri: string) => string) =>
    text.replace(/^URI: (.*)$/m, (_, found: string) => `URI: ${change(found)}`);
  const field = (text: string, name: string, value: string) =>
    text.replace(new RegExp(`^${name}: .*$`, "m"), `${name}: ${value}`);
  const moment = (text: string, name: string, byMs: number) =>
    field(text, name, new Date(Date.parse(issuedAt(text)) + byMs).toISOString());
  const issuedAt = (text: string) => /^Issued At: (.*)$/m.exec(text)?.[1] ?? "";
  const address = (text: string, change: (address: string) => string) =>
    text.replace(/0x[0-9a-fA-F]{40}/, (found) => change(found));

  const edits: [what: string, edit: (message: string) => string][] = [
    ["for another domain", (text) => host(text, () => "evil.example")],
    [
      "for a domain with a letter that only looks alike",
      (t) => host(t, (h) => h.replace("o", "о")),
    ],
    ["for a domain with a letter that nobody sees", (t) => host(t, (h) => `${h}\u200b`)],
    ["for a domain in capitals", (text) => host(text, (h) => h.toUpperCase())],
    ["for a domain below this one", (text) => host(text, (h) => `evil.${h}`)],
    ["for a domain that begins like this one", (text) => host(text, (h) => `${h}.evil.example`)],
    ["for this domain without its port", (text) => host(text, (h) => h.replace(/:\d+$/, ""))],
    ["for this domain as somebody's password", (text) => host(text, (h) => `${h}@evil.example`)],
    ["for another scheme", (text) => `ftp://${text}`],
    ["for another address of a page", (text) => uri(text, () => "https://evil.example")],
    ["for a page with this one as a user's name", (t) => uri(t, (u) => `${u}@evil.example`)],
    ["for another page of this site", (text) => uri(text, (u) => `${u}/steal`)],
    ["for this page over another scheme", (text) => uri(text, (u) => u.replace("http:", "https:"))],
    ["for another chain", (text) => field(text, "Chain ID", "1")],
    ["for a chain id written in another way", (text) => field(text, "Chain ID", "031337")],
    ["for a chain id that no number holds", (t) => field(t, "Chain ID", "3".repeat(40))],
    ["with a nonce of its own", (text) => field(text, "Nonce", "0123456789abcdef")],
    ["with a longer nonce", (text) => text.replace(/^Nonce: .*$/m, "$&0")],
    ["without a nonce", (text) => text.replace(/^Nonce: .*\n/m, "")],
    ["with two nonces", (text) => text.replace(/^(Nonce: .*)$/m, "Nonce: 0123456789abcdef\n$1")],
    ["issued in the future", (text) => moment(text, "Issued At", 10 * MINUTE_MS)],
    ["issued before its nonce", (text) => moment(text, "Issued At", -10 * MINUTE_MS)],
    ["issued on a day that does not exist", (t) => field(t, "Issued At", "2026-02-30T00:00:00Z")],
    ["issued at no time", (text) => text.replace(/^Issued At: .*\n/m, "")],
    ["that has expired", (text) => moment(text, "Expiration Time", -MINUTE_MS)],
    ["that expires at no time", (text) => field(text, "Expiration Time", "never")],
    [
      "that is not valid yet",
      (text) =>
        `${text}\nNot Before: ${new Date(Date.parse(issuedAt(text)) + 10 * MINUTE_MS).toISOString()}`,
    ],
    ["of another version", (text) => field(text, "Version", "2")],
    ["with its address in small letters", (t) => address(t, (a) => a.toLowerCase())],
    ["with its address in capitals", (t) => address(t, (a) => `0x${a.slice(2).toUpperCase()}`)],
    ["with a wrong checksum in its address", (t) => address(t, wrongChecksum)],
    ["with a line more at the end", (text) => `${text}\nAdmin: true`],
    ["with an empty line at the end", (text) => `${text}\n`],
    ["with a line more in its statement", (t) => t.replace("Stagedoor.", "Stagedoor.\nAnd pay.")],
    ["with lines that end as on Windows", (text) => text.replaceAll("\n", "\r\n")],
    ["with its lines in another order", (t) => t.replace(/^(Chain ID.*)\n(Nonce.*)$/m, "$2\n$1")],
    ["with words before it", (text) => `Hello!\n${text}`],
    ["with a request id that breaks its line", (text) => `${text}\nRequest ID: a\nAdmin: true`],
    ["with no resources in its list of them", (text) => `${text}\nResources:\nnone`],
    ["that is no message", () => "let me in"],
    ["that is empty", () => ""],
    ["that holds the character 0", (text) => text.replace("Sign in", "Sign\u0000in")],
  ];
  for (const [what, edit] of edits) {
    it(`${what} is refused`, async () => {
      refused(await signed((message) => changed(message, edit(message))));
    });
  }

  /** An edit that changes nothing would prove nothing. */
  function changed(before: string, after: string): string {
    expect(after).not.to.equal(before);
    return after;
  }

  /** What comes with the victim's own message instead of the victim's signature. */
  const signatures: [what: string, make: (message: string) => Promise<Hex | string>][] = [
    ["signed by somebody else", (message) => mine.signMessage({ message })],
    ["signed by its wallet, but for other words", (m) => victim.signMessage({ message: `${m} ` })],
    ["signed as a bare hash", (message) => bare(victim, keccak256(toHex(message)))],
    ["signed as typed data", (message) => typed(victim, message)],
    [
      "with a bit of its signature flipped",
      async (m) => flipped(await victim.signMessage({ message: m })),
    ],
    [
      "with the other parity of its signature",
      async (m) => otherParity(await victim.signMessage({ message: m })),
    ],
    [
      "with a signature of a byte less",
      async (m) => (await victim.signMessage({ message: m })).slice(0, -2),
    ],
    [
      "with a signature of a byte more",
      async (m) => `${await victim.signMessage({ message: m })}00`,
    ],
    ["with an empty signature", async () => "0x"],
    ["with a signature of zeros", async () => `0x${"00".repeat(65)}`],
    ["with a signature of ones", async () => `0x${"ff".repeat(65)}`],
    ["with a signature off the curve", async () => `0x${CURVE_ORDER.toString(16).repeat(2)}1b`],
    [
      "with a factory that says yes (ERC-6492)",
      async () => beforeDeployment("0x", { call: deploymentOf(YES_WALLET) }),
    ],
    [
      "with a factory that is hostile (ERC-6492)",
      async () => {
        const factory = await deploy(house.chain, YES_WALLET);
        return beforeDeployment(`0x${"11".repeat(65)}`, { factory, call: "0x" });
      },
    ],
    [
      "with a factory that reverts (ERC-6492)",
      async (message) => {
        const factory = await deploy(house.chain, WALLETS_THAT.reverts);
        return beforeDeployment(await mine.signMessage({ message }), { factory, call: "0x" });
      },
    ],
    [
      "with a factory that burns all gas (ERC-6492)",
      async (message) => {
        const factory = await deploy(house.chain, WALLETS_THAT["burns all gas"]);
        return beforeDeployment(await mine.signMessage({ message }), { factory, call: "0x" });
      },
    ],
    [
      "with itself as its factory (ERC-6492)",
      async (message) => {
        const own = { factory: victim.address, call: "0x" } as const;
        return beforeDeployment(await mine.signMessage({ message }), own);
      },
    ],
    ["with half a deployment (ERC-6492)", async () => `0x${"6492".repeat(16)}`],
    [
      "with a deployment in a deployment (ERC-6492)",
      async () => {
        const call = deploymentOf(YES_WALLET);
        return beforeDeployment(beforeDeployment("0x", { call }), { call });
      },
    ],
  ];
  for (const [what, make] of signatures) {
    it(`${what} is refused`, async () => {
      const begun = await begin();
      const message = writeMessage(victim.address, begun.nonce);
      refused(await submit(message, await make(message), begun.cookie));
    });
  }

  describe("of a contract wallet", () => {
    async function submitFor(wallet: Hex, sign: (message: string) => Promise<Hex>) {
      const begun = await begin();
      const message = writeMessage(getAddress(wallet), begun.nonce);
      return submit(message, await sign(message), begun.cookie);
    }

    for (const [what, code] of Object.entries(WALLETS_THAT)) {
      it(`that ${what} is refused`, async () => {
        const wallet = await deploy(house.chain, code);
        refused(await submitFor(wallet, (message) => mine.signMessage({ message })));
      });
    }

    it("that knows another key is refused", async () => {
      const wallet = await deploy(house.chain, walletOf(victim.address));
      refused(await submitFor(wallet, (message) => mine.signMessage({ message })));
    });

    it("that is still to be deployed, for another key, is refused", async () => {
      const code = walletOf(victim.address);
      const call = deploymentOf(code);
      refused(
        await submitFor(addressOfFuture(code), async (message) =>
          beforeDeployment(await mine.signMessage({ message }), { call }),
        ),
      );
    });

    it("that would be deployed somewhere else is refused", async () => {
      const call = deploymentOf(walletOf(mine.address));
      refused(
        await submitFor(addressOfFuture(walletOf(victim.address)), async (message) =>
          beforeDeployment(await mine.signMessage({ message }), { call }),
        ),
      );
    });

    it("that is a precompile, which answers with what it is asked, is refused", async () => {
      const identity = `0x${"4".padStart(40, "0")}` as const;
      refused(await submitFor(identity, (message) => mine.signMessage({ message })));
    });

    it("that is only a factory is refused", async () => {
      refused(await submitFor(CREATE2_FACTORY, (message) => mine.signMessage({ message })));
    });
  });

  describe("with somebody's real signature", () => {
    async function real(account = victim) {
      const begun = await begin();
      const message = writeMessage(account.address, begun.nonce);
      return { message, signature: await account.signMessage({ message }), cookie: begun.cookie };
    }

    it("used again in the same browser is refused", async () => {
      const { message, signature, cookie } = await real();
      expect((await submit(message, signature, cookie)).status).to.equal(201);
      refused(await submit(message, signature, cookie), "auth/nonce-used");
    });

    it("used in another browser is refused", async () => {
      const { message, signature } = await real();
      refused(await submit(message, signature, (await begin()).cookie));
    });

    it("used in a browser that began no sign-in is refused", async () => {
      const { message, signature } = await real();
      refused(await submit(message, signature, ""), "auth/nonce-used");
      refused(await submit(message, signature, "sd_signin=made-up"), "auth/nonce-used");
    });

    it("used after a try that failed is refused", async () => {
      const { message, signature, cookie } = await real();
      refused(await submit(message, flipped(signature), cookie));
      refused(await submit(message, signature, cookie), "auth/nonce-used");
    });

    it("used twice at once gets one session", async () => {
      const { message, signature, cookie } = await real();
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => submit(message, signature, cookie)),
      );
      expect(answers.filter(({ status }) => status === 201)).to.have.lengthOf(1);
      for (const answer of answers.filter(({ status }) => status !== 201)) {
        refused(answer, "auth/nonce-used");
      }
    });

    it("used for the nonce of a sign-in begun before in that browser is refused", async () => {
      const first = await begin();
      const second = await beginSignIn(house.url, { cookie: first.cookie });
      const message = writeMessage(mine.address, first.nonce);
      refused(await submit(message, await mine.signMessage({ message }), second.cookie));
    });

    it("of the forger's own wallet, slipped to a visitor, is refused", async () => {
      // Login CSRF: the visitor would buy tickets into the forger's account.
      const { message, signature } = await real(mine);
      const visitor = await begin();
      refused(await submit(message, signature, visitor.cookie));
      const fromElsewhere = await fetch(new URL("/v1/auth/session", house.url), {
        method: "POST",
        headers: {
          "content-type": "application/json",
          cookie: visitor.cookie,
          origin: "https://evil.example",
        },
        body: JSON.stringify({ message, signature }),
      });
      expect(fromElsewhere.status).to.equal(403);
      expect(fromElsewhere.headers.getSetCookie()).to.deep.equal([]);
    });
  });

  async function bare(account: PrivateKeyAccount, hash: Hex): Promise<Hex> {
    expect(hash).not.to.equal(hashMessage(hash));
    return account.sign({ hash });
  }

  async function typed(account: PrivateKeyAccount, message: string): Promise<Hex> {
    const types = { SignIn: [{ name: "message", type: "string" }] };
    return account.signTypedData({ types, primaryType: "SignIn", message: { message } });
  }
});

function wrongChecksum(address: string): string {
  const at = address.search(/[a-fA-F]/);
  const letter = address[at] ?? "";
  const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
  return address.slice(0, at) + other + address.slice(at + 1);
}

function flipped(signature: Hex): Hex {
  const last = Number.parseInt(signature[10] ?? "0", 16);
  return `${signature.slice(0, 10)}${(last ^ 1).toString(16)}${signature.slice(11)}` as Hex;
}

function otherParity(signature: Hex): Hex {
  return `${signature.slice(0, -2)}${signature.endsWith("1b") ? "1c" : "1b"}` as Hex;
}
