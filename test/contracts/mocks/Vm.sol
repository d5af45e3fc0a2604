// Names the test runner's commands that the Solidity tests use.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

interface Vm {
  /// @notice The next call comes from this account.
  function prank(address caller) external;

  /// @notice The block's time is now this, in seconds.
  function warp(uint256 timestamp) external;

  /// @notice The chain's id is now this.
  function chainId(uint256 id) external;
}

Vm constant VM = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
