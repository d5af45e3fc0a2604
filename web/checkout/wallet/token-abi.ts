// The few functions of ERC-20, EIP-3009 and EIP-5267 that paying with a token needs.

const text = { name: "", type: "string" } as const;
const number = { name: "", type: "uint256" } as const;
const account = { name: "account", type: "address" } as const;

const view = { type: "function", stateMutability: "view" } as const;

export const tokenAbi = [
  { ...view, name: "symbol", inputs: [], outputs: [text] },
  { ...view, name: "name", inputs: [], outputs: [text] },
  { ...view, name: "version", inputs: [], outputs: [text] },
  { ...view, name: "decimals", inputs: [], outputs: [{ name: "", type: "uint8" }] },
  { ...view, name: "balanceOf", inputs: [account], outputs: [number] },
  {
    ...{ ...view, name: "allowance", outputs: [number] },
    inputs: [account, { name: "spender", type: "address" }],
  },
  {
    ...{ ...view, name: "authorizationState", outputs: [{ name: "", type: "bool" }] },
    inputs: [account, { name: "nonce", type: "bytes32" }],
  },
  {
    ...{ ...view, name: "eip712Domain", inputs: [] },
    outputs: [
      { name: "fields", type: "bytes1" },
      { name: "name", type: "string" },
      { name: "version", type: "string" },
      { name: "chainId", type: "uint256" },
      { name: "verifyingContract", type: "address" },
      { name: "salt", type: "bytes32" },
      { name: "extensions", type: "uint256[]" },
    ],
  },
  {
    ...{ type: "function", stateMutability: "nonpayable", name: "approve" },
    inputs: [{ name: "spender", type: "address" }, number],
    outputs: [{ name: "", type: "bool" }],
  },
] as const;
