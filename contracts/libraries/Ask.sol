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

/// @notice What a market needs to know of a sale that the tickets contract has let pass.
struct Settlement {
  address seller;
  uint16 royaltyBps;
}

bytes32 constant ASK_TYPEHASH = keccak256(
  "Ask(uint256 id,address market,address currency,uint256 price,uint16 nonce,uint40 deadline,"
  "uint16 feeBps,address feeTo,address allowedBuyer)"
);

function hashAsk(Ask calldata ask) pure returns (bytes32) {
  // all members are of one word each, so their encoding is EIP-712's
  return keccak256(abi.encode(ASK_TYPEHASH, ask));
}
