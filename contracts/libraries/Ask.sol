// Says what a holder signs to sell a ticket: one price, one market, until one moment.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A holder's offer (EIP-712). `price` is all that the buyer pays, in the smallest unit of
/// `currency` (0 is the native coin); fee and royalty come out of it. `nonce` is the ticket's, so
/// that the offer dies when the ticket moves or the holder cancels. `allowedBuyer` 0 is anybody.
struct Ask {
  uint256 id;
  address market;
  address currency;
  uint256 price;
  uint16 nonce;
  uint40 deadline;
  uint16 feeBps;
  address feeTo;
  address allowedBuyer;
}

bytes32 constant ASK_TYPEHASH = keccak256(
  "Ask(uint256 id,address market,address currency,uint256 price,uint16 nonce,uint40 deadline,"
  "uint16 feeBps,address feeTo,address allowedBuyer)"
);

/// @dev The members are of one word each, so as calldata they are already EIP-712's encoding; to
/// decode and encode them again would cost 1,000 gas. Members with dirty bits hash to something
/// that nobody signed.
function hashAsk(Ask calldata ask) pure returns (bytes32 hash) {
  bytes32 typeHash = ASK_TYPEHASH;
  // solhint-disable-next-line no-inline-assembly
  assembly ("memory-safe") {
    let start := mload(0x40)
    mstore(start, typeHash)
    calldatacopy(add(start, 0x20), ask, 0x120)
    hash := keccak256(start, 0x140)
  }
}
