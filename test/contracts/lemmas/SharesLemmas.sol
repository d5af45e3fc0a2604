// States what dividing money must keep, for the compiler's model checker to prove for all inputs.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BPS, dividePrice, shareOf} from "../../../contracts/libraries/Shares.sol";

contract SharesLemmas {
  /// @dev Sale conservation: the parts are the price to the wei, and none is negative.
  function dividePriceConserves(uint256 price, uint256 royaltyBps, uint256 feeBps) external pure {
    require(price < 1 << 128);
    require(royaltyBps <= BPS && feeBps <= BPS - royaltyBps);
    (uint256 royalty, uint256 fee, uint256 rest) = dividePrice(price, royaltyBps, feeBps);
    assert(royalty <= price);
    assert(fee <= price - royalty);
    assert(royalty + fee + rest == price);
  }

  /// @dev One payee after the other: what is left of a pot covers every share to come.
  function shareLeavesEnough(
    uint256 amount,
    uint256 left,
    uint256 unshared,
    uint256 bps
  ) external pure {
    require(amount < 1 << 128 && left <= amount);
    require(unshared <= BPS && bps <= unshared);
    require(left * BPS >= amount * unshared);
    uint256 share = shareOf(amount, bps);
    assert(share <= left);
    assert((left - share) * BPS >= amount * (unshared - bps));
  }
}
