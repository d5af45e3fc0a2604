// Keeps the events: the terms that organisers fixed and the stock that is left of each class.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// prettier-ignore
import {
  AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {EventRecord, EventRecords, EventTerms, EventView} from "./libraries/EventRecord.sol";
import {TicketId} from "./libraries/TicketId.sol";

/// @title Event book
/// @notice Royalties are signalled to other markets (ERC-2981), not enforced on them.
abstract contract EventBook is IERC2981, AccessControlDefaultAdminRules {
  using EventRecords for EventRecord;

  /// @notice Creates events.
  bytes32 public constant ORGANISER_ROLE = keccak256("ORGANISER_ROLE");

  mapping(uint256 eventId => EventRecord) private _events;

  /// @notice An event exists. Its creation time, from which `since` counts, is the block's.
  /// @param eventId The event.
  /// @param organiser Who it belongs to.
  /// @param terms What was decided, with `freezeAt` resolved.
  event EventCreated(uint256 indexed eventId, address indexed organiser, EventTerms terms);

  /// @notice Creates an event.
  /// @param eventId 1 to 2^23 - 1; becomes the highest bits of its ticket ids.
  /// @param terms What the organiser decided; fixed from now on.
  function createEvent(
    uint256 eventId,
    EventTerms calldata terms
  ) external onlyRole(ORGANISER_ROLE) {
    EventTerms memory stored = terms;
    stored.freezeAt = _events[eventId].create(eventId, terms);
    emit EventCreated(eventId, terms.organiser, stored);
  }

  /// @notice The terms of an event; reverts for one that was never created.
  /// @param eventId The event.
  /// @return The decoded record.
  function eventOf(uint256 eventId) external view returns (EventView memory) {
    return _event(eventId).read();
  }

  /// @notice The stock of one class of an event; reverts for one that was never created.
  /// @param eventId The event.
  /// @param class 0 public, 1 presale, 2 artist, 3 sponsor, 4 comp.
  /// @return cap The units of the class.
  /// @return minted The units minted so far; a reissued seat counts once.
  function classOf(
    uint256 eventId,
    uint8 class
  ) external view returns (uint256 cap, uint256 minted) {
    return _event(eventId).classes.classOf(class);
  }

  /// @inheritdoc IERC2981
  function royaltyInfo(
    uint256 id,
    uint256 salePrice
  ) external view returns (address receiver, uint256 royaltyAmount) {
    EventRecord storage record = _eventOfTicket(id);
    receiver = record.royaltyReceiver;
    // a full-width product, so that no price makes the view revert
    royaltyAmount = Math.mulDiv(salePrice, record.royaltyBps, EventRecords.BPS);
  }

  function _event(uint256 eventId) internal view returns (EventRecord storage record) {
    record = _events[eventId];
    record.requireKnown(eventId);
  }

  /// @dev For ids of minted tickets, whose event is known to exist.
  function _eventOfTicket(uint256 id) internal view returns (EventRecord storage) {
    return _events[TicketId.eventOf(id)];
  }
}
