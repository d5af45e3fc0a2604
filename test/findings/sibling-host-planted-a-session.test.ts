// Found: over https a plain sd_session, which any sibling host may set, was taken for the __Host- one.
import { expect } from "chai";
import { readCookies, writeCookie } from "#server/edge/cookies.ts";

describe("readCookies", () => {
  it("takes only names of this very host over https", () => {
    const header = "sd_session=planted; __Host-sd_session=ours; sd_session=planted-too";
    expect(readCookies(header, true)).to.deep.equal({ sd_session: "ours" });
    expect(readCookies("sd_session=planted", true).sd_session).to.equal(undefined);
    expect(readCookies("__host-sd_session=planted", true).sd_session).to.equal(undefined);
  });

  it("takes only plain names over http, where browsers refuse the prefix", () => {
    const header = "__Host-sd_session=planted; sd_session=ours";
    expect(readCookies(header, false).sd_session).to.equal("ours");
  });

  it("takes the first of two values", () => {
    expect(readCookies("sd_session=first; sd_session=second", false).sd_session).to.equal("first");
    const header = "__Host-sd_session=first; __Host-sd_session=second";
    expect(readCookies(header, true).sd_session).to.equal("first");
  });

  it("reads back what was written, over http and https", () => {
    for (const secure of [true, false]) {
      const written = writeCookie({ name: "sd_session", value: "a=b", maxAgeMs: 1_000 }, secure);
      expect(readCookies(written.split(";")[0], secure).sd_session).to.equal("a=b");
    }
  });

  it("reads nothing out of a header that is too long, and no inherited names", () => {
    expect(readCookies(`sd_session=a; x=${"y".repeat(9_000)}`, false)).to.deep.equal({});
    expect(readCookies("a=b", false).sd_session).to.equal(undefined);
    expect(readCookies(undefined, true)).to.deep.equal({});
  });
});
