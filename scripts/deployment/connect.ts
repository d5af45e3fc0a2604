// Opens a node for a deployment: the right chain, and no call without an end.
import { FetchRequest, JsonRpcProvider, Network } from "ethers";
import { reasonOf, Stop } from "../stop.ts";
import { withoutSecret } from "../without-secret.ts";

const CALL_TIMEOUT_MS = 10_000;

/** Asks the node for its chain id first, so that nothing is signed for the wrong chain. */
export async function connect(rpcUrl: string, expectedChainId?: number): Promise<JsonRpcProvider> {
  const request = new FetchRequest(rpcUrl);
  request.timeout = CALL_TIMEOUT_MS;
  const chainId = await chainIdOf(request.clone());
  if (expectedChainId !== undefined && chainId !== expectedChainId) {
    throw new Stop(
      `The node serves chain ${chainId}, expected ${expectedChainId}.`,
      "Nothing was sent; name the node of the chain that is meant.",
    );
  }
  // A static network: detection would retry for ever while the node is away. No cache: a nonce or
  // receipt of a moment ago is a wrong answer here. No batches: not every public node takes them.
  return new JsonRpcProvider(request, chainId, {
    staticNetwork: Network.from(chainId),
    cacheTimeout: -1,
    batchMaxCount: 1,
  });
}

async function chainIdOf(request: FetchRequest): Promise<number> {
  request.body = { jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] };
  const node = withoutSecret(request.url);
  try {
    const response = await request.send();
    response.assertOk();
    const { result } = response.bodyJson as { result?: unknown };
    if (typeof result === "string") return Number(result);
  } catch (error) {
    const sentence = `The node at ${node} cannot be asked: ${reasonOf(error)}.`;
    throw new Stop(sentence, "Is it the right address?", { cause: error });
  }
  throw new Stop(`The node at ${node} did not answer eth_chainId.`, "Is it a chain's node?");
}
