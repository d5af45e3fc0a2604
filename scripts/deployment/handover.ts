// Tells the multisig what it must call to become the admin, and from when on.
import { Contract, type JsonRpcProvider } from "ethers";
import { interfaceOf } from "./contracts.ts";
import type { Hex } from "./duties.ts";
import type { DeploymentRecord } from "./record.ts";

export type Handover = { from: Hex; to: Hex; value: "0"; data: Hex; notBefore: string };

/** None where the deployer stays the admin, and none once the multisig is. */
export async function openHandover(
  provider: JsonRpcProvider,
  record: DeploymentRecord,
): Promise<Handover | undefined> {
  const tickets = new Contract(record.contracts.tickets.address, interfaceOf("tickets"), provider);
  const admin: string = await tickets.getFunction("defaultAdmin").staticCall();
  return admin === record.admin ? undefined : handoverOf(record);
}

export function handoverOf(record: DeploymentRecord): Handover | undefined {
  const { admin, acceptFrom, contracts } = record;
  if (acceptFrom === null) return undefined;
  const data = interfaceOf("tickets").encodeFunctionData("acceptAdmin") as Hex;
  const notBefore = new Date(acceptFrom * 1_000).toISOString();
  return { from: admin, to: contracts.tickets.address, value: "0", data, notBefore };
}

export function handoverLines(handover: Handover | undefined): string[] {
  if (handover === undefined) return ["The admin role is where it should be."];
  const { from, to, value, data, notBefore } = handover;
  return [
    `The multisig ${from} must accept the admin role, not before ${notBefore}:`,
    `  to     ${to}`,
    `  value  ${value}`,
    `  data   ${data}  (acceptAdmin())`,
    "Until then the deployer's key is the admin: keep it as safe as the multisig's.",
  ];
}
