// The least that the chain charges for a mint, as a contract that does nothing else.
import { concat, type Hex, numberToHex } from "viem";
import type { Contender, ContenderTools } from "./contender.ts";

export async function floor({ chain, artifacts, people }: ContenderTools): Promise<Contender> {
  const contract = await chain.deploy(await artifacts.peer("Floor"), []);
  return {
    name: "The floor",
    hasSeatIds: true,
    bytes: contract.bytes,
    deployGas: contract.deployGas,
    mint: async (orders) => {
      const records = orders.flatMap(({ to, ids }) => ids.map((id) => record(to, id)));
      return await chain.sendData({
        from: people.minter,
        to: contract.address,
        data: concat(records),
      });
    },
  };
}

function record(to: Hex, id: bigint): Hex {
  return concat([to, numberToHex(id, { size: 8 })]);
}
