// Keeps who grants the roles: one account, handed over in two steps with time to object.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IERC5313} from "@openzeppelin/contracts/interfaces/IERC5313.sol";

/// @notice There must be an admin.
error TicketsAdminZero();

/// @notice The admin role is handed over in two steps only.
error TicketsAdminByHandOverOnly();

/// @notice The admin role was not offered to this account.
/// @param caller The account.
error TicketsNotPendingAdmin(address caller);

/// @notice The admin role can be accepted only after the delay.
/// @param acceptFrom From when on, in seconds.
error TicketsAdminTooEarly(uint256 acceptFrom);

/// @title Two-step admin
/// @notice As OpenZeppelin's AccessControlDefaultAdminRules with a delay that never changes, which
/// is 1,300 bytes of the contract's limit less. There is always exactly one admin.
abstract contract TwoStepAdmin is AccessControl, IERC5313 {
  /// @notice Time to notice and cancel a hand-over that nobody wanted, in seconds.
  uint48 public constant ADMIN_DELAY = 3 days;

  address private _admin;
  address private _pendingAdmin;
  uint48 private _acceptFrom;

  /// @notice The admin offered the role to another account, or nobody any more (0).
  /// @param account The account.
  /// @param acceptFrom When it can accept, in seconds.
  event AdminOffered(address indexed account, uint48 acceptFrom);

  constructor(address admin) {
    if (admin == address(0)) revert TicketsAdminZero();
    _admin = admin;
    _grantRole(DEFAULT_ADMIN_ROLE, admin);
  }

  /// @notice Offers the admin role to an account, or to nobody any more.
  /// @param account The account, or 0 to take an offer back.
  function offerAdmin(address account) external onlyRole(DEFAULT_ADMIN_ROLE) {
    _pendingAdmin = account;
    _acceptFrom = uint48(block.timestamp) + ADMIN_DELAY;
    emit AdminOffered(account, _acceptFrom);
  }

  /// @notice Accepts the admin role, three days after it was offered.
  function acceptAdmin() external {
    if (msg.sender != _pendingAdmin) revert TicketsNotPendingAdmin(msg.sender);
    if (block.timestamp < _acceptFrom) revert TicketsAdminTooEarly(_acceptFrom);
    _revokeRole(DEFAULT_ADMIN_ROLE, _admin);
    _grantRole(DEFAULT_ADMIN_ROLE, msg.sender);
    _admin = msg.sender;
    delete _pendingAdmin;
  }

  /// @notice The one account that grants and revokes roles.
  /// @return The account.
  function defaultAdmin() external view returns (address) {
    return _admin;
  }

  /// @notice The account that was offered the admin role.
  /// @return The account, or 0, and when it can accept, in seconds.
  function pendingAdmin() external view returns (address, uint48) {
    return (_pendingAdmin, _acceptFrom);
  }

  /// @notice The same as defaultAdmin (ERC-5313).
  /// @return The account.
  function owner() external view returns (address) {
    return _admin;
  }

  /// @inheritdoc AccessControl
  function grantRole(bytes32 role, address account) public override {
    _requireNotAdmin(role);
    super.grantRole(role, account);
  }

  /// @inheritdoc AccessControl
  function revokeRole(bytes32 role, address account) public override {
    _requireNotAdmin(role);
    super.revokeRole(role, account);
  }

  /// @inheritdoc AccessControl
  function renounceRole(bytes32 role, address account) public override {
    _requireNotAdmin(role);
    super.renounceRole(role, account);
  }

  function _requireNotAdmin(bytes32 role) private pure {
    if (role == DEFAULT_ADMIN_ROLE) revert TicketsAdminByHandOverOnly();
  }
}
