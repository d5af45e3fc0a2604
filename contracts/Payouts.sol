// Holds the royalties of each event until they are shared out among its payees.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Credits} from "./Credits.sol";
import {Split, Splits} from "./Splits.sol";
import {shareOf} from "./libraries/Shares.sol";

/// @notice These are not the event's payees as they are now.
/// @param eventId The event.
/// @param expected The hash of those.
/// @param given The hash of these.
error PayoutsSplitUnknown(uint256 eventId, bytes32 expected, bytes32 given);

/// @notice There is nothing in the event's pot.
/// @param eventId The event.
/// @param currency The currency.
error PayoutsPotEmpty(uint256 eventId, address currency);

/// @title Payouts
/// @notice The contract's balance of a currency is at least the pots and credits in it (I4); there
/// is no way to send it anything else.
abstract contract Payouts is Credits {
  /// @notice Whose shares the pots are divided by.
  Splits public immutable SPLITS;

  mapping(uint256 eventId => mapping(address currency => uint256)) private _pots;

  /// @notice An event's pot was shared out among its payees.
  /// @param eventId The event.
  /// @param currency The currency.
  /// @param amount What was in it.
  event PotDistributed(uint256 indexed eventId, address indexed currency, uint256 amount);

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
    if (amount == 0) revert PayoutsPotEmpty(eventId, currency);
    delete _pots[eventId][currency];
    uint256 rest = amount;
    uint256 last = split.payees.length - 1;
    for (uint256 i; i < last; ++i) {
      uint256 share = shareOf(amount, split.shares[i]);
      rest -= share;
      _push(split.payees[i], currency, share);
    }
    _push(split.payees[last], currency, rest);
    emit PotDistributed(eventId, currency, amount);
  }

  /// @notice What lies in an event's pot.
  /// @param eventId The event.
  /// @param currency The currency.
  /// @return The amount.
  function potOf(uint256 eventId, address currency) external view returns (uint256) {
    return _pots[eventId][currency];
  }

  function _addToPot(uint256 eventId, address currency, uint256 amount) internal {
    if (amount == 0) return;
    _pots[eventId][currency] += amount;
  }
}
