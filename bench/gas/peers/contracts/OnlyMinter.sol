// Lets one fixed account mint, the cheapest access control there is.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

abstract contract OnlyMinter {
  error NotMinter();

  address private immutable MINTER = msg.sender;

  modifier onlyMinter() {
    if (msg.sender != MINTER) revert NotMinter();
    _;
  }
}
