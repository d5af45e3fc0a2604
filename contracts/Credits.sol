// Pays accounts, or owes them what they would not take.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// @notice The account is owed nothing.
/// @param account The account.
/// @param currency The currency.
error CreditsNothing(address account, address currency);

/// @notice The account did not take its credit.
/// @param account The account.
/// @param amount The credit.
error CreditsRefused(address account, uint256 amount);

/// @title Credits
/// @notice Currency 0 is the native coin.
abstract contract Credits is ReentrancyGuardTransient {
  /// @notice Gas that a payee gets at most. Enough for any wallet; a payee that needs more, or
  /// refuses, gets a credit instead, so nothing depends on the amount.
  uint256 public constant PUSH_GAS = 200_000;

  mapping(address account => mapping(address currency => uint256)) private _credits;

  /// @notice A credit was paid.
  /// @param account The payee.
  /// @param currency The currency.
  /// @param amount How much.
  event PayoutSent(address indexed account, address indexed currency, uint256 amount);

  /// @notice A payee could not be paid and can withdraw instead.
  /// @param account The payee.
  /// @param currency The currency.
  /// @param amount How much.
  event PayoutCredited(address indexed account, address indexed currency, uint256 amount);

  /// @notice Pays an account what it could not be paid before; anybody may ask for that.
  /// @param account The account.
  /// @param currency The currency.
  function withdraw(address account, address currency) external nonReentrant {
    uint256 amount = _credits[account][currency];
    if (amount == 0) revert CreditsNothing(account, currency);
    delete _credits[account][currency];
    // an account that now takes more gas than a push allows may use all that the caller brings
    if (!_send(account, currency, amount, gasleft())) revert CreditsRefused(account, amount);
    emit PayoutSent(account, currency, amount);
  }

  /// @notice What an account can withdraw.
  /// @param account The account.
  /// @param currency The currency.
  /// @return The amount.
  function creditOf(address account, address currency) external view returns (uint256) {
    return _credits[account][currency];
  }

  /// @dev Pays now or owes: never reverts because of the payee. Only what is owed is an event here:
  /// the callers' own events tell what was due.
  function _push(address to, address currency, uint256 amount) internal {
    if (amount == 0) return;
    if (_send(to, currency, amount, PUSH_GAS)) return;
    _credits[to][currency] += amount;
    emit PayoutCredited(to, currency, amount);
  }

  /// @dev Copies no more than a word back: a long answer would cost the caller its gas. A token
  /// gets no more gas than a payee, since it may call that payee. As SafeERC20, it may answer
  /// nothing, but not false.
  function _send(
    address to,
    address currency,
    uint256 amount,
    uint256 gasLimit
  ) private returns (bool ok) {
    if (currency == address(0)) {
      // solhint-disable-next-line no-inline-assembly
      assembly ("memory-safe") {
        ok := call(gasLimit, to, amount, 0, 0, 0, 0)
      }
      return ok;
    }
    bytes memory transfer = abi.encodeCall(IERC20.transfer, (to, amount));
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
      mstore(0, 0)
      ok := call(gasLimit, currency, 0, add(transfer, 0x20), mload(transfer), 0, 0x20)
      switch returndatasize()
      case 0 {
        ok := and(ok, gt(extcodesize(currency), 0))
      }
      default {
        ok := and(ok, eq(mload(0), 1))
      }
    }
  }
}
