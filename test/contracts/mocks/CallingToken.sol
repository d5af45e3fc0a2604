// A token that calls its receivers, as ERC-777 does for those that asked for it.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TestToken} from "./TestToken.sol";

contract CallingToken is TestToken(6) {
  mapping(address account => bool) private _isCalled;

  error ReceiverRefused();

  function register(address account) external {
    _isCalled[account] = true;
  }

  function _update(address from, address to, uint256 value) internal override {
    super._update(from, to, value);
    if (!_isCalled[to]) return;
    (bool ok, ) = to.call("");
    if (!ok) revert ReceiverRefused();
  }
}
