// The bytes of a gate pass and the text of its code.
import { expect } from "chai";
import { decodeBase45, encodeBase45 } from "#server/domain/base45.ts";
import { decodePass, encodePass, type Pass, signedPart } from "#server/domain/pass.ts";

const pass: Pass = {
  ticketId: 9_223_372_036_854_775_807n,
  nonce: 4095,
  notAfter: 4_294_967_295,
  step: 65_535,
  sessionPub: `0x${"02".repeat(33)}`,
  ownerSig: `0x${"03".repeat(65)}`,
  sessionSig: `0x${"04".repeat(64)}`,
};

describe("base45", () => {
  it("agrees with the examples of RFC 9285", () => {
    const text = (value: string) => new TextEncoder().encode(value);
    expect(encodeBase45(text("AB"))).to.equal("BB8");
    expect(encodeBase45(text("Hello!!"))).to.equal("%69 VD92EX0");
    expect(encodeBase45(text("base-45"))).to.equal("UJCLQE7W581");
    expect(decodeBase45("QED8WEX0")).to.deep.equal(text("ietf!"));
  });

  it("reads back any bytes", () => {
    for (let length = 0; length < 40; length += 1) {
      const bytes = Uint8Array.from({ length }, (_, at) => (at * 73 + length * 31) % 256);
      expect(decodeBase45(encodeBase45(bytes))).to.deep.equal(bytes);
    }
  });

  it("answers null for text that is not Base45", () => {
    for (const text of ["a", "AB!", "A", "::::", "GGW", ":::", "ZZ"]) {
      expect(decodeBase45(text), text).to.equal(null);
    }
  });
});

describe("pass", () => {
  it("is 179 bytes and 269 characters", () => {
    const text = encodePass(pass);
    expect(text).to.have.lengthOf(269);
    expect(decodeBase45(text)).to.have.lengthOf(179);
  });

  it("reads back every field at its highest value", () => {
    expect(decodePass(encodePass(pass))).to.deep.equal(pass);
  });

  it("answers null for a ticket id that the contract cannot have", () => {
    expect(decodePass(encodePass({ ...pass, ticketId: 2n ** 63n }))).to.equal(null);
    expect(decodePass(encodePass({ ...pass, ticketId: 2n ** 64n - 1n }))).to.equal(null);
  });

  it("signs everything but the signatures", () => {
    const bytes = decodeBase45(encodePass(pass));
    expect(signedPart(pass)).to.deep.equal(bytes?.slice(0, 50));
  });

  it("answers null for anything else", () => {
    const bytes = decodeBase45(encodePass(pass)) as Uint8Array;
    const otherVersion = Uint8Array.from(bytes);
    otherVersion[0] = 2;
    expect(decodePass(encodeBase45(otherVersion))).to.equal(null);
    expect(decodePass(encodeBase45(bytes.slice(0, 178)))).to.equal(null);
    expect(decodePass("https://example.org/ticket")).to.equal(null);
    expect(decodePass("")).to.equal(null);
  });
});
