// Checks what an organiser decided of an event, and packs it as the ledger keeps it.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ClassCounts, packCaps} from "./libraries/ClassCounts.sol";
// prettier-ignore
import {
  COOLDOWN_AT, DOORS_AT, EventHead, FEE_CAP_AT, FREEZE_AT, LOCK_AT, MAX_GIFTS_AT, POLICY_AT,
  RESALE_CAP_AT
} from "./libraries/EventHead.sol";
import {BPS, EventTerms} from "./libraries/EventRecord.sol";
import {GIFTS_MAX} from "./libraries/TicketWord.sol";

/// @title Terms errors
/// @notice Why terms are refused, so that whoever creates an event can read it from Tickets.
interface TermsErrors {
  /// @notice An event needs an organiser.
  /// @param eventId The event.
  error TicketsOrganiserZero(uint256 eventId);

  /// @notice Doors must open in the future.
  /// @param doorsAt The time asked for, in seconds.
  /// @param nowAt The block's time, in seconds.
  error TicketsDoorsInPast(uint256 doorsAt, uint256 nowAt);

  /// @notice Tickets must stop moving by the time doors open.
  /// @param freezeAt The time asked for, in seconds.
  /// @param doorsAt When doors open, in seconds.
  error TicketsFreezeAfterDoors(uint256 freezeAt, uint256 doorsAt);

  /// @notice The counter of gifts has 4 bits.
  /// @param maxGifts The number asked for.
  error TicketsMaxGiftsOutOfRange(uint256 maxGifts);

  /// @notice A royalty cannot be more than the price.
  /// @param royaltyBps The share asked for, in hundredths of a percent.
  error TicketsRoyaltyOutOfRange(uint256 royaltyBps);

  /// @notice Royalty and fee together cannot be more than the price.
  /// @param royaltyBps The artists' share, in hundredths of a percent.
  /// @param feeCapBps The highest share of a market.
  error TicketsSharesOutOfRange(uint256 royaltyBps, uint256 feeCapBps);

  /// @notice A currency is the native coin (0) or a token with 2 to 21 decimals.
  /// @param currency The token asked for.
  error TicketsCurrencyUnsupported(address currency);

  /// @notice A royalty needs a receiver.
  /// @param eventId The event.
  error TicketsRoyaltyReceiverZero(uint256 eventId);
}

/// @title Terms reader
/// @notice Apart from the tickets contract because of its size, as PassReader is: it has no state
/// and no rights, and an event is created once.
contract TermsReader is TermsErrors {
  /// @dev Entry codes reveal two hours before doors; ownership must be settled by then.
  uint40 private constant FREEZE_BEFORE_DOORS = 2 hours;
  /// @dev A price of 1 is a cent of a token, and a gwei of the native coin.
  uint256 private constant CENT_DECIMALS = 2;
  uint64 private constant NATIVE_FACE_UNIT = 1 gwei;
  /// @dev A cent of a token with more does not fit 64 bits.
  uint256 private constant DECIMALS_MAX = 21;

  /// @notice Reads terms that an event can have, and reverts for any other.
  /// @param eventId The event.
  /// @param terms What the organiser decided; a freeze of 0 is two hours before doors.
  /// @return head What every move reads of the event, with the freeze resolved.
  /// @return classes The units of each class, none of them minted.
  /// @return faceUnit A price of 1, in the currency's smallest unit.
  function read(
    uint256 eventId,
    EventTerms calldata terms
  ) external view returns (EventHead head, ClassCounts classes, uint64 faceUnit) {
    if (terms.organiser == address(0)) revert TicketsOrganiserZero(eventId);
    _requireTimes(terms);
    if (terms.maxGifts > GIFTS_MAX) revert TicketsMaxGiftsOutOfRange(terms.maxGifts);
    _requireShares(eventId, terms);
    return (_packHead(terms), packCaps(terms.caps), _faceUnitOf(terms.currency));
  }

  function _requireTimes(EventTerms calldata terms) private view {
    if (terms.doorsAt <= block.timestamp) revert TicketsDoorsInPast(terms.doorsAt, block.timestamp);
    if (terms.freezeAt > terms.doorsAt) {
      revert TicketsFreezeAfterDoors(terms.freezeAt, terms.doorsAt);
    }
  }

  function _requireShares(uint256 eventId, EventTerms calldata terms) private pure {
    if (terms.royaltyBps > BPS) revert TicketsRoyaltyOutOfRange(terms.royaltyBps);
    if (uint256(terms.royaltyBps) + terms.feeCapBps > BPS) {
      revert TicketsSharesOutOfRange(terms.royaltyBps, terms.feeCapBps);
    }
    if (terms.royaltyBps != 0 && terms.royaltyReceiver == address(0)) {
      revert TicketsRoyaltyReceiverZero(eventId);
    }
  }

  function _packHead(EventTerms calldata terms) private view returns (EventHead) {
    uint256 head = block.timestamp;
    head |= uint256(terms.doorsAt) << DOORS_AT;
    uint40 freezeAt = terms.freezeAt == 0 ? terms.doorsAt - FREEZE_BEFORE_DOORS : terms.freezeAt;
    head |= uint256(freezeAt) << FREEZE_AT;
    head |= uint256(terms.resaleCapBps) << RESALE_CAP_AT;
    head |= uint256(terms.feeCapBps) << FEE_CAP_AT;
    head |= uint256(terms.lockMinutes) << LOCK_AT;
    head |= uint256(terms.cooldownMinutes) << COOLDOWN_AT;
    head |= uint256(terms.policy) << POLICY_AT;
    head |= uint256(terms.maxGifts) << MAX_GIFTS_AT;
    return EventHead.wrap(head);
  }

  /// @dev Asked once: a token that later answers otherwise changes nobody's price. One that does
  /// not answer, or not with a number, is refused by name.
  function _faceUnitOf(address currency) private view returns (uint64) {
    if (currency == address(0)) return NATIVE_FACE_UNIT;
    bytes memory question = abi.encodeCall(IERC20Metadata.decimals, ());
    // solhint-disable-next-line avoid-low-level-calls
    (bool ok, bytes memory answer) = currency.staticcall(question);
    uint256 decimals = ok && answer.length == 32 ? abi.decode(answer, (uint256)) : 0;
    if (decimals < CENT_DECIMALS || decimals > DECIMALS_MAX) {
      revert TicketsCurrencyUnsupported(currency);
    }
    return uint64(10 ** (decimals - CENT_DECIMALS));
  }
}
