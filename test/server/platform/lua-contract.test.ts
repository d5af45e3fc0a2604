// The header of each Lua script is its contract; here its callers are held to it, call by call.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryRoot } from "#scripts/services/packages.ts";
import { extendHold } from "#server/hold/extend-hold.ts";
import { holdPlaces } from "#server/hold/hold-places.ts";
import { ownedKey, seatsKey } from "#server/hold/keys.ts";
import { readHolds } from "#server/hold/read-holds.ts";
import { releaseHold } from "#server/hold/release-hold.ts";
import { showFree } from "#server/hold/show-free.ts";
import { loadScript } from "#server/platform/lua.ts";
import { randomUuid } from "#server/platform/random.ts";
import type { RedisClient } from "#server/platform/redis.ts";
import { holdDeps, stalls } from "../../support/buy.ts";
import { type House, openHouse } from "../../support/house.ts";
import { createOrder } from "../../support/pay-work.ts";
import { addArea } from "../../support/seat-house.ts";

interface Contract {
  name: string;
  keys: number;
  args: number;
  isOpenEnded: boolean;
}

const folder = join(repositoryRoot, "server/hold");
const files = readdirSync(folder).filter((name) => name.endsWith(".lua"));

function contractOf(name: string): Contract {
  const text = readFileSync(join(folder, name), "utf8");
  const header = text.slice(0, text.search(/^[^-]/m));
  const highest = (list: string) =>
    Math.max(
      0,
      ...Array.from(header.matchAll(new RegExp(`${list}\\[(\\d+)`, "g")), (m) => +(m[1] ?? 0)),
    );
  const isOpenEnded = /ARGV\[\d+\.\.\]/.test(header);
  return { name, keys: highest("KEYS"), args: highest("ARGV") - Number(isOpenEnded), isOpenEnded };
}

describe("the scripts' contracts", () => {
  let house: House;
  let area: number;
  before(async () => {
    house = await openHouse();
    area = await addArea(house, 10);
  });
  after(() => house.close());

  it("are what their callers send", async () => {
    const calls: { sha: string; keys: number; args: number }[] = [];
    const redis = new Proxy(house.redis, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...args: (string | number)[]) => {
          if (name === "evalsha") {
            const keys = Number(args[1]);
            calls.push({ sha: String(args[0]), keys, args: args.length - 2 - keys });
          }
          return value.apply(target, args);
        };
      },
    }) as RedisClient;
    await buyAndSellBack({ ...house, redis });
    for (const contract of files.map(contractOf)) {
      const { sha } = loadScript(join(folder, contract.name));
      const own = calls.filter((call) => call.sha === sha);
      expect(own, `calls of ${contract.name}`).not.to.have.lengthOf(0);
      for (const { keys, args } of own) {
        expect(keys, `keys for ${contract.name}`).to.equal(contract.keys);
        if (contract.isOpenEnded) expect(args, contract.name).to.be.at.least(contract.args);
        else expect(args, `arguments for ${contract.name}`).to.equal(contract.args);
      }
    }
  });

  it("name one event's keys only, by one hash tag", async () => {
    const { holdKeys } = await import("#server/hold/keys.ts");
    const keys = holdKeys(house.event, `0x${"1".repeat(40)}`);
    expect(new Set(keys.map((key) => /\{(.+)\}/.exec(key)?.[1]))).to.deep.equal(
      new Set([house.eventId]),
    );
  });

  it("hold after SCRIPT FLUSH, and so do the leases", async () => {
    const deps = holdDeps(house);
    const owner = `0x${"5".repeat(40)}` as const;
    const wish = { event: house.event, owner, places: { seats: stalls(3, 1), areas: [] } };
    const made = await holdPlaces(deps, wish);
    await house.redis.script("FLUSH");
    const [again] = await readHolds(deps, { event: house.event, owner });
    expect(again?.id).to.equal(made.id);
    expect((await holdPlaces(deps, wish)).id).to.equal(made.id);
    await releaseHold(deps, { event: house.event, owner, holdId: made.id });
  });

  it("free an order's places once, however often they are told", async () => {
    const deps = holdDeps(house);
    const { event, redis } = house;
    const owner = `0x${"8".repeat(40)}` as const;
    const places = { seats: stalls(4, 1, 2), areas: [{ area, places: 3 }] };
    const taken = async () =>
      Number((await redis.hget(seatsKey(event), `#area ${area}`)) ?? 0) - others;
    let others = 0;
    others = await taken();
    const { id: holdId } = await holdPlaces(deps, { event, owner, places });
    const orderId = await createOrder(deps, { event, owner, holdId, key: randomUuid() });
    const seats = async () => redis.hmget(seatsKey(event), ...stalls(4, 1, 2).map(String));
    const owned = async () => (await redis.get(ownedKey(event, owner))) ?? "";
    expect(await taken()).to.equal(3);
    const some = { places: 3, areas: [{ area, places: 2 }] };
    for (let time = 1; time <= 2; time += 1) {
      await showFree(house, { event, orderId, owner, seats: stalls(4, 1), left: some });
      expect(await taken()).to.equal(2);
      expect((await seats()).map((value) => value !== null)).to.deep.equal([false, true]);
      expect(await owned()).to.include(`${orderId} 3 `);
    }
    const none = { places: 0, areas: [{ area, places: 0 }] };
    for (let time = 1; time <= 2; time += 1) {
      await showFree(house, { event, orderId, owner, seats: stalls(4, 1, 2), left: none });
      expect(await taken()).to.equal(0);
      expect(await seats()).to.deep.equal([null, null]);
      expect(await owned()).to.not.include(orderId);
    }
  });

  async function buyAndSellBack(watched: House): Promise<void> {
    const deps = holdDeps(watched);
    const { event } = watched;
    const owner = `0x${"7".repeat(40)}` as const;
    const hold = (seats: number[], places = 0) => {
      const areas = places === 0 ? [] : [{ area, places }];
      return holdPlaces(deps, { event, owner, places: { seats, areas } });
    };
    await releaseHold(deps, { event, owner, holdId: (await hold(stalls(1, 1, 2), 1)).id });
    const held = await hold(stalls(1, 1, 2), 1);
    await extendHold(deps, { event, owner, holdId: held.id });
    const order = { event, owner, holdId: held.id, key: randomUuid() };
    const orderId = await createOrder(deps, order);
    const left = { places: 2, areas: [{ area, places: 1 }] };
    await showFree(watched, { event, orderId, owner, seats: stalls(1, 1), left });
    await hold([], 2);
    await hold(stalls(1, 2)).catch(() => undefined);
    await readHolds(deps, { event: undefined, owner });
  }
});
