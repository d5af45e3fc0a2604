// Asks the chain whether a contract wallet takes a signature for its own, deployed or not (ERC-1271, ERC-6492).
import {
  CallExecutionError,
  encodeDeployData,
  erc6492SignatureValidatorAbi,
  erc6492SignatureValidatorByteCode,
  type Hex,
} from "viem";
import { type Chain, onChain } from "./chain.ts";

/** A wallet and its factory may be hostile; several times what deploying a real one takes. */
const GAS_MAX = 10_000_000n;
const YES = "0x01";

/**
 * The validator runs in a call and is never deployed, so nothing that a factory does remains. Not
 * viem's verifyHash: to it a chain that does not answer is a signature that does not hold.
 */
export async function isSignedByContract(
  { client }: Pick<Chain, "client">,
  { address, hash, signature }: { address: `0x${string}`; hash: Hex; signature: Hex },
): Promise<boolean> {
  const data = encodeDeployData({
    abi: erc6492SignatureValidatorAbi,
    args: [address, hash, signature],
    bytecode: erc6492SignatureValidatorByteCode,
  });
  try {
    const answer = await onChain(() => client.call({ data, gas: GAS_MAX }));
    return answer.data === YES;
  } catch (error) {
    // Something in there reverted or ran out of gas: whoever it was, it did not say yes.
    if (error instanceof CallExecutionError) return false;
    throw error;
  }
}
