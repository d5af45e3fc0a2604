// Checks that webhooks reach receivers on the internet, and nothing that only our own network reaches.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { Refusal } from "#server/domain/failure.ts";
import { systemClock } from "#server/platform/clock.ts";
import { createPost } from "#server/webhook/post-webhook.ts";
import { isPublicAddress } from "#server/webhook/public-address.ts";
import { parseReceiverUrl } from "#server/webhook/receiver-url.ts";

/** Each is a known way past a check that only looks for 127.0.0.1 and friends. */
const BYPASSES = {
  "the loopback address": "https://127.0.0.1/",
  "another loopback address": "https://127.8.9.10/",
  "the short loopback address": "https://127.1/",
  "the loopback address as one number": "https://2130706433/",
  "the loopback address in hex": "https://0x7f000001/",
  "the loopback address in octal": "https://0177.0.0.1/",
  "the loopback address in mixed bases": "https://0x7f.0.0.0x1/",
  "the loopback address with a final dot": "https://127.0.0.1./",
  "the loopback address in full-width digits": "https://１２７.０.０.１/",
  "the loopback address in circled digits": "https://①②⑦.⓪.⓪.①/",
  "the loopback address with ideographic dots": "https://127。0。0。1/",
  "the loopback address, percent-encoded": "https://%31%32%37.0.0.1/",
  "a public name before the @": "https://example.org@127.0.0.1/",
  "a user name": "https://user:secret@example.org/",
  "the loopback address of IPv6": "https://[::1]/",
  "the unspecified address of IPv6": "https://[::]/",
  "the unspecified address": "https://0.0.0.0/",
  zero: "https://0/",
  "an IPv4 address in an IPv6 one": "https://[::ffff:127.0.0.1]/",
  "the same in hex": "https://[::ffff:7f00:1]/",
  "the same, the old way": "https://[::127.0.0.1]/",
  "an IPv4 address behind NAT64": "https://[64:ff9b::7f00:1]/",
  "an IPv4 address in 6to4": "https://[2002:7f00:1::]/",
  "an IPv4 address in Teredo": "https://[2001:0:7f00:1::]/",
  "a link-local address of IPv6": "https://[fe80::1]/",
  "a unique local address of IPv6": "https://[fd12:3456::1]/",
  "multicast of IPv6": "https://[ff02::1]/",
  "the metadata service of clouds": "https://169.254.169.254/latest/meta-data/",
  "the metadata service by its name": "https://metadata.google.internal/",
  "the metadata service of IPv6 clouds": "https://[fd00:ec2::254]/",
  "a private address, class A": "https://10.0.0.1/",
  "a private address, class B": "https://172.31.255.255/",
  "a private address, class C": "https://192.168.1.1/",
  "carrier-grade NAT": "https://100.64.0.1/",
  benchmarking: "https://198.19.255.255/",
  multicast: "https://224.0.0.1/",
  broadcast: "https://255.255.255.255/",
  "a name of the machine": "https://localhost/",
  "a name below it": "https://pay.localhost/",
  "the name with a final dot": "https://localhost./",
  "a name without a dot": "https://redis/",
  "a name of a local network": "https://printer.local/",
  "plain http": "http://example.org/",
  "a file": "file:///etc/passwd",
  "another protocol": "gopher://example.org:6379/_FLUSHALL",
  data: "data:text/plain,x",
  "no URL": "example.org",
  "a URL without end": `https://example.org/${"a".repeat(500)}`,
};

describe("where webhooks go", () => {
  for (const [what, url] of Object.entries(BYPASSES)) {
    it(`not to ${what}`, () => {
      expect(() => parseReceiverUrl(url, { local: false }))
        .to.throw(Refusal)
        .with.property("code", "webhook/url-refused");
    });
  }

  it("to hosts on the internet, by name or by address, on any port", () => {
    for (const url of [
      "https://example.org/hooks?tenant=1",
      "https://hooks.example.org:8443/",
      "https://93.184.215.14/",
      "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
      "https://bücher.example/",
    ]) {
      expect(parseReceiverUrl(url, { local: false }).protocol).to.equal("https:");
    }
  });

  it("not to a name that leads into a private network, nor to one that partly does", async () => {
    const answers = ["10.0.0.1", "::1", "::ffff:10.0.0.1", "169.254.169.254"];
    for (const address of answers) {
      const family = address.includes(":") ? 6 : 4;
      const publicOne = { address: "93.184.215.14", family: 4 };
      for (const addresses of [[{ address, family }], [publicOne, { address, family }]]) {
        const answer = await postTo("https://rebinding.example/", async () => addresses);
        expect(answer.error).to.equal("rebinding.example leads into a private network");
        expect(answer.status).to.equal(undefined);
      }
    }
  });

  it("not to an address that got past the check of its URL", async () => {
    const answer = await postTo("http://127.0.0.1:9/", async () => []);
    expect(answer.error).to.equal("127.0.0.1 is in a private network");
  });

  it("to the address that was checked, without asking for the name a second time", async () => {
    const server = createServer((_request, response) => response.end());
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    const answers = ["127.0.0.1", "192.0.2.1"];
    const resolve = async () => [{ address: answers.shift() ?? "", family: 4 }];
    const post = createPost({ clock: systemClock, local: true, resolve });
    const url = new URL(`http://rebinding.example:${port}/`);
    const answer = await post({ url, headers: {}, body: "{}" });
    server.close();
    expect(answer.status).to.equal(200);
    expect(answers).to.deep.equal(["192.0.2.1"]);
  });

  it("not along a redirect", async () => {
    let hits = 0;
    const server = createServer((request, response) => {
      hits += 1;
      response.writeHead(307, { location: `http://${request.headers.host}/inner` }).end();
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    const post = createPost({ clock: systemClock, local: true });
    const url = new URL(`http://127.0.0.1:${port}/`);
    const answer = await post({ url, headers: {}, body: "{}" });
    server.close();
    expect(answer.status).to.equal(307);
    expect(hits).to.equal(1);
  });
});

describe("isPublicAddress", () => {
  it("knows the edges of the private ranges", () => {
    const edges = {
      "9.255.255.255": true,
      "10.0.0.0": false,
      "10.255.255.255": false,
      "11.0.0.0": true,
      "100.63.255.255": true,
      "100.127.255.255": false,
      "100.128.0.0": true,
      "172.15.255.255": true,
      "172.16.0.0": false,
      "172.32.0.0": true,
      "198.17.255.255": true,
      "198.20.0.0": true,
      "223.255.255.255": true,
      "240.0.0.0": false,
      "2001:1ff:ffff::": false,
      "2001:200::": true,
      "2001:db8::1": false,
      "2003::1": true,
      "3fff:fff::": false,
      "4000::": false,
      "not an address": false,
    };
    for (const [address, expected] of Object.entries(edges)) {
      expect(isPublicAddress(address), address).to.equal(expected);
    }
  });
});

async function postTo(url: string, resolve: () => Promise<{ address: string; family: number }[]>) {
  const post = createPost({ clock: systemClock, local: false, resolve });
  return await post({ url: new URL(url), headers: {}, body: "{}" });
}
