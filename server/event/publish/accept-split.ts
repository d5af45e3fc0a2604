// Shows a split as its payees sign it, and keeps each signature that the contract would take as well.
import { type Hex, hashTypedData, recoverAddress } from "viem";
import type { z } from "zod";
import type { SplitResponse } from "../../api/organiser.ts";
import { requireRole } from "../../auth/role.ts";
import { Refusal } from "../../domain/failure.ts";
import { type Payee, splitMessage } from "../../domain/split.ts";
import { type EventRef, formatEventId } from "../../domain/ticket-id.ts";
import { type Chain, onChain } from "../../platform/chain.ts";
import type { Db, Sql } from "../../platform/db/client.ts";
import { lockEvent } from "../draft/lock-event.ts";
import { readPayees } from "../draft/read-draft.ts";

type SplitView = z.output<typeof SplitResponse>;

/** For the event's organiser, and for whoever has a share in it. */
export async function readSplit(
  sql: Sql,
  ref: EventRef,
  { chain, caller }: { chain: Chain; caller: string },
): Promise<SplitView> {
  const payees = await readPayees(sql, ref);
  if (!payees.some(({ address }) => address === caller)) {
    await requireRole(
      { db: sql },
      { address: caller, roles: ["organiser", "operator"], event: ref },
    );
  }
  const { domain, types, primaryType, message } = messageOf(chain, ref, payees);
  return {
    payees,
    typedData: {
      ...{ domain, primaryType },
      types: { Split: types.Split.map((field) => ({ ...field })) },
      message: { ...message, eventId: message.eventId.toString() },
    },
  };
}

export async function acceptSplit(
  db: Db,
  ref: EventRef,
  given: { chain: Chain; payee: string; signature: Hex },
): Promise<void> {
  const { chain, payee, signature } = given;
  const payees = await readPayees(db, ref);
  if (!payees.some(({ address }) => address === payee)) {
    throw new Refusal("request/not-found", `${payee} has no share of ${formatEventId(ref)}.`);
  }
  const hash = hashTypedData(messageOf(chain, ref, payees));
  if (!(await isSignedBy(chain, { signer: payee as Hex, hash, signature }))) {
    throw new Refusal("split/signature-invalid", `${payee} has not signed this split.`);
  }
  await db.transaction(async (sql) => {
    const { state } = await lockEvent(sql, ref, undefined);
    if (state !== "draft") {
      const detail = `${formatEventId(ref)} is ${state}: its split is fixed.`;
      throw new Refusal("event/wrong-state", detail, { state });
    }
    // The chain was asked without a lock: a split that was changed meanwhile was not signed.
    const now = await readPayees(sql, ref);
    if (hashTypedData(messageOf(chain, ref, now)) !== hash) {
      throw new Refusal("split/signature-invalid", "The split has just been changed.");
    }
    await sql.query({
      text: `UPDATE sale.payee SET signature = $4, accepted_at = now()
             WHERE deployment = $1 AND event_id = $2 AND address = $3`,
      values: [ref.deployment, ref.eventId, payee, signature],
    });
  });
}

function messageOf(
  { deployment }: Chain,
  { eventId }: EventRef,
  payees: readonly { address: string; shareBps: number }[],
) {
  const { chainId, modules } = deployment;
  if (payees.length === 0 || modules === undefined) {
    throw new Refusal("request/not-found", "There is no split to accept.");
  }
  return splitMessage({
    chainId,
    splits: modules.splits,
    eventId,
    payees: payees as readonly Payee[],
  });
}

/** As the contract does it: a key's own signature first, then a wallet with code is asked. */
async function isSignedBy(
  { client }: Chain,
  { signer, hash, signature }: { signer: Hex; hash: Hex; signature: Hex },
): Promise<boolean> {
  const recovered = KEY_SIGNATURE.test(signature)
    ? await recoverAddress({ hash, signature }).catch(() => undefined)
    : undefined;
  if (recovered?.toLowerCase() === signer) return true;
  const code = await onChain(() => client.getCode({ address: signer }));
  if (code === undefined || code === "0x") return false;
  try {
    const call = { address: signer, abi: ERC1271, functionName: "isValidSignature" } as const;
    const answer = await onChain(() => client.readContract({ ...call, args: [hash, signature] }));
    return answer === ERC1271_VALID;
  } catch (error) {
    if (error instanceof Error && error.name === "Fault") throw error;
    return false;
  }
}

/** The contract takes one spelling: 65 bytes, s in the lower half, v 27 or 28. */
const KEY_SIGNATURE = /^0x[0-9a-f]{64}[0-7][0-9a-f]{63}1[bc]$/i;
const ERC1271_VALID = "0x1626ba7e";
const ERC1271 = [
  {
    type: "function",
    name: "isValidSignature",
    stateMutability: "view",
    inputs: [
      { name: "hash", type: "bytes32" },
      { name: "signature", type: "bytes" },
    ],
    outputs: [{ name: "", type: "bytes4" }],
  },
] as const;
