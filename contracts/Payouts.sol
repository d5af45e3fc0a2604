// Holds money that belongs to others: royalties not yet shared out, and payments that failed.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Split, Splits} from "./Splits.sol";

/// @notice These are not the event's payees as they are now.
/// @param eventId The event.
/// @param expected The hash of those.
/// @param given The hash of these.
error PayoutsSplitUnknown(uint256 eventId, bytes32 expected, bytes32 given);

/// @notice There is nothing to pay out.
/// @param account Whose credit, or the payouts contract for an event's pot.
/// @param currency The currency.
error PayoutsNothing(address account, address currency);

/// @notice The account did not take its credit.
/// @param account The account.
/// @param amount The credit.
error PayoutsRefused(address account, uint256 amount);

/// @title Payouts
/// @notice The contract's balance of a currency is at least the pots and credits in it (I4); there
/// is no way to send it anything else. Currency 0 is the native coin.
abstract contract Payouts is ReentrancyGuardTransient {
  using SafeERC20 for IERC20;

  /// @notice Gas that a payee gets at most. Enough for any wallet; a payee that needs more, or
  /// refuses, gets a credit instead, so nothing depends on the amount.
  uint256 public constant PUSH_GAS = 200_000;

  uint256 internal constant BPS = 10_000;

  /// @notice Whose shares the pots are divided by.
  Splits public immutable SPLITS;

  mapping(uint256 eventId => mapping(address currency => uint256)) private _pots;
  mapping(address account => mapping(address currency => uint256)) private _credits;

  /// @notice An event's pot was shared out among its payees.
  /// @param eventId The event.
  /// @param currency The currency.
  /// @param amount What was in it.
  event PotDistributed(uint256 indexed eventId, address indexed currency, uint256 amount);

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

  constructor(Splits splits) {
    SPLITS = splits;
  }

  /// @notice Shares an event's pot out among its payees; anybody may ask for that. What division
  /// leaves over goes to the last payee.
  /// @param eventId The event.
  /// @param currency The currency.
  /// @param split The event's payees as they are.
  function distribute(
    uint256 eventId,
    address currency,
    Split calldata split
  ) external nonReentrant {
    bytes32 given = keccak256(abi.encode(split));
    bytes32 expected = SPLITS.splitHashOf(eventId);
    if (given != expected) revert PayoutsSplitUnknown(eventId, expected, given);
    uint256 amount = _pots[eventId][currency];
    if (amount == 0) revert PayoutsNothing(address(this), currency);
    delete _pots[eventId][currency];
    uint256 rest = amount;
    uint256 last = split.payees.length - 1;
    for (uint256 i; i < last; ++i) {
      uint256 share = (amount * split.shares[i]) / BPS;
      rest -= share;
      _push(split.payees[i], currency, share);
    }
    _push(split.payees[last], currency, rest);
    emit PotDistributed(eventId, currency, amount);
  }

  /// @notice Pays an account what it could not be paid before; anybody may ask for that.
  /// @param account The account.
  /// @param currency The currency.
  function withdraw(address account, address currency) external nonReentrant {
    uint256 amount = _credits[account][currency];
    if (amount == 0) revert PayoutsNothing(account, currency);
    delete _credits[account][currency];
    // an account that now takes more gas than a push allows may use all that the caller brings
    if (!_send(account, currency, amount, gasleft())) revert PayoutsRefused(account, amount);
    emit PayoutSent(account, currency, amount);
  }

  /// @notice What lies in an event's pot.
  /// @param eventId The event.
  /// @param currency The currency.
  /// @return The amount.
  function potOf(uint256 eventId, address currency) external view returns (uint256) {
    return _pots[eventId][currency];
  }

  /// @notice What an account can withdraw.
  /// @param account The account.
  /// @param currency The currency.
  /// @return The amount.
  function creditOf(address account, address currency) external view returns (uint256) {
    return _credits[account][currency];
  }

  function _addToPot(uint256 eventId, address currency, uint256 amount) internal {
    if (amount == 0) return;
    _pots[eventId][currency] += amount;
  }

  /// @dev Pays now or owes: never reverts because of the payee. Only what is owed is an event here:
  /// the callers' own events tell what was due.
  function _push(address to, address currency, uint256 amount) internal {
    if (amount == 0) return;
    if (_send(to, currency, amount, PUSH_GAS)) return;
    _credits[to][currency] += amount;
    emit PayoutCredited(to, currency, amount);
  }

  /// @dev Copies no data back from a native payee: a long answer would cost the caller its gas.
  function _send(
    address to,
    address currency,
    uint256 amount,
    uint256 gasLimit
  ) private returns (bool ok) {
    if (currency != address(0)) return IERC20(currency).trySafeTransfer(to, amount);
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
      ok := call(gasLimit, to, amount, 0, 0, 0, 0)
    }
  }
}
