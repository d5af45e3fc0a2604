// Divides money by shares in hundredths of a percent, so that the parts are the whole again.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev A whole, in hundredths of a percent.
uint256 constant BPS = 10_000;

/// @dev A share of an amount, rounded down.
function shareOf(uint256 amount, uint256 bps) pure returns (uint256) {
  return (amount * bps) / BPS;
}

/// @dev A resale's price in three parts; what division leaves over is the seller's. Only for prices
/// below 2^128 and for shares that are a whole together at most.
function dividePrice(
  uint256 price,
  uint256 royaltyBps,
  uint256 feeBps
) pure returns (uint256 royalty, uint256 fee, uint256 rest) {
  unchecked {
    royalty = (price * royaltyBps) / BPS;
    fee = (price * feeBps) / BPS;
    rest = price - royalty - fee;
  }
}
