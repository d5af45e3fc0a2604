// A stablecoin as the tests want it: with permits, authorisations, and bad habits on demand.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";

/// @notice Refuses accounts on its blacklist, as USDC does, and can keep a fee of each transfer.
contract TestToken is ERC20("Test Euro", "TEUR"), ERC20Permit("Test Euro"), ERC3009 {
  uint8 private immutable DECIMALS;
  uint256 public feeBps;
  mapping(address account => bool) public blacklisted;

  address private _hookTarget;
  bytes private _hookData;
  bool public hookSucceeded;
  bytes public hookAnswer;

  error Blacklisted(address account);

  constructor(uint8 decimals_) {
    DECIMALS = decimals_;
  }

  function mint(address to, uint256 value) external {
    _mint(to, value);
  }

  function setFee(uint256 feeBps_) external {
    feeBps = feeBps_;
  }

  /// @dev Calls somebody during the next transfer, as ERC-777 lets receivers do.
  function setHook(address target, bytes calldata data) external {
    (_hookTarget, _hookData) = (target, data);
  }

  function blacklist(address account, bool listed) external {
    blacklisted[account] = listed;
  }

  function decimals() public view override returns (uint8) {
    return DECIMALS;
  }

  function _update(address from, address to, uint256 value) internal virtual override {
    if (blacklisted[from]) revert Blacklisted(from);
    if (blacklisted[to]) revert Blacklisted(to);
    uint256 fee = from == address(0) || to == address(0) ? 0 : (value * feeBps) / 10_000;
    if (fee != 0) super._update(from, address(this), fee);
    super._update(from, to, value - fee);
    address target = _hookTarget;
    if (target == address(0)) return;
    delete _hookTarget;
    (hookSucceeded, hookAnswer) = target.call(_hookData);
  }
}
