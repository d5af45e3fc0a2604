// The queues' pages of the operator: seen by nobody else, read only, and without anything of another host.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { buy, stalls } from "../../support/buy.ts";
import { type House, openHouse } from "../../support/house.ts";

const PATH = "/operator/queues";

describe("the operator's queue pages", () => {
  let house: House;
  let operator: Client;
  before(async () => {
    house = await openHouse();
    operator = await house.operator();
  });
  after(() => house.close());

  const ask = (path: string, by?: Client, method = "GET") =>
    fetch(new URL(`${PATH}${path}`, house.url), {
      method,
      headers: by === undefined ? {} : { cookie: by.cookie() },
    });

  it("are for the operator alone, each page and each file of them", async () => {
    const [fan, organiser, gate] = [await house.fan(), await house.organiser(), await house.gate()];
    for (const path of ["", "/", "/api/queues", "/queue/mint", "/static/images/logo.svg"]) {
      expect((await ask(path)).status, path).to.equal(401);
      for (const by of [fan, organiser, gate]) {
        expect((await ask(path, by)).status, path).to.equal(403);
      }
      expect((await ask(path, operator)).status, path).to.equal(200);
    }
  });

  it("load nothing of another host, and leave the policy of all other pages as it was", async () => {
    const page = await ask("/", operator);
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy)
      .to.include("default-src 'self'")
      .and.not.to.match(/https?:|\*|script-src/);
    expect(page.headers.get("x-powered-by")).to.equal(null);
    const html = await page.text();
    expect(html).to.include(`<base href="${PATH}/"`);
    const [script = ""] = /static\/js\/main[^"]+/.exec(html) ?? [];
    expect((await ask(`/${script}`, operator)).status).to.equal(200);
    const other = await fetch(new URL("/healthz", house.url));
    expect(other.headers.get("content-security-policy")).to.include("base-uri 'none'");
  });

  it("show both queues read only, and a job with the event's number alone", async () => {
    await buy(house, await house.fan(), stalls(1, 1));
    const answer = await (await ask("/api/queues?activeQueue=mint&status=latest", operator)).json();
    const { queues } = answer as {
      queues: { name: string; readOnlyMode: boolean; jobs: { data: unknown }[] }[];
    };
    expect(queues.map(({ name }) => name)).to.have.members(["mint", "publish"]);
    expect(queues.every(({ readOnlyMode }) => readOnlyMode)).to.equal(true);
    const jobs = queues.flatMap((queue) => queue.jobs);
    expect(jobs).not.to.have.lengthOf(0);
    for (const { data } of jobs) {
      const seen = typeof data === "string" ? JSON.parse(data) : data;
      expect(Object.keys(seen as object)).to.have.members(["deployment", "eventId"]);
    }
  });

  it("change nothing, whatever is sent to them", async () => {
    const paths = ["/api/queues/mint/pause", "/api/queues/pause", "/api/queues/mint/obliterate"];
    for (const path of paths) {
      for (const method of ["PUT", "POST", "DELETE"]) {
        expect((await ask(path, operator, method)).status, path).to.equal(405);
      }
    }
  });
});
