// Keeps the events: the terms that organisers fixed and the stock that is left of each class.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {TermsErrors, TermsReader} from "./TermsReader.sol";
import {TwoStepAdmin} from "./TwoStepAdmin.sol";
import {ClassCounts} from "./libraries/ClassCounts.sol";
import {EventHead, PAUSE_ALL} from "./libraries/EventHead.sol";
import {BPS, EventRecord, EventRecords, EventTerms, EventView} from "./libraries/EventRecord.sol";
import {TicketId} from "./libraries/TicketId.sol";

/// @notice Only the event's organiser, or a holder of ORGANISER_ROLE, may do this.
/// @param caller The caller.
/// @param eventId The event.
error TicketsNotOrganiser(address caller, uint256 eventId);

/// @notice The event was cancelled, which is final.
/// @param eventId The event.
error TicketsEventCancelled(uint256 eventId);

/// @notice The event is over: its money may have been paid out.
/// @param eventId The event.
/// @param since From when on, in seconds.
error TicketsEventOver(uint256 eventId, uint256 since);

/// @notice Doors can only be moved to a later time.
/// @param eventId The event.
/// @param doorsAt When they open now, in seconds.
/// @param wanted The time asked for.
error TicketsDoorsNotLater(uint256 eventId, uint256 doorsAt, uint256 wanted);

/// @notice Doors can be moved two years ahead: escrow and refunds wait for them.
/// @param eventId The event.
/// @param latest The latest time, in seconds.
/// @param wanted The time asked for.
error TicketsDoorsTooLate(uint256 eventId, uint256 latest, uint256 wanted);

/// @notice What the first buyer was promised cannot be changed any more.
/// @param eventId The event.
error TicketsSaleStarted(uint256 eventId);

/// @notice A pause lasts until it expires or the admin ends it; it cannot be prolonged.
/// @param eventId The event.
/// @param until When it expires, in seconds.
error TicketsPauseRunning(uint256 eventId, uint256 until);

/// @notice Mint is 1, gift 2, sale 4, and a pause is of at least one of them.
/// @param actions The sum asked for.
error TicketsPauseUnknown(uint256 actions);

/// @title Event book
/// @notice Royalties are signalled to other markets (ERC-2981), not enforced on them.
abstract contract EventBook is IERC2981, TermsErrors, TwoStepAdmin {
  using EventRecords for EventRecord;

  /// @notice Creates events, and stands in for their organisers.
  bytes32 public constant ORGANISER_ROLE = keccak256("ORGANISER_ROLE");
  /// @notice Pauses and cancels events.
  bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");

  /// @notice Sales are paid out, and events can no longer be cancelled, so long after doors.
  uint256 public constant SETTLED_AFTER_DOORS = 3 days;

  /// @notice Checks the terms of new events.
  TermsReader public immutable TERMS_READER = new TermsReader();

  uint40 private constant PAUSE_LASTS = 72 hours;
  /// @dev Bounds how long a stolen key can keep everybody's money and tickets waiting.
  uint256 private constant POSTPONED_MAX = 730 days;
  /// @dev Time to hear of a new date and decide.
  uint256 private constant REFUND_WINDOW = 14 days;

  mapping(uint256 eventId => EventRecord) private _events;

  /// @notice An event exists. Its creation time, from which `since` counts, is the block's.
  /// @param eventId The event.
  /// @param organiser Who it belongs to.
  /// @param terms What was decided, with `freezeAt` resolved.
  event EventCreated(uint256 indexed eventId, address indexed organiser, EventTerms terms);

  /// @notice Doors open later than was said before; holders may give their tickets back.
  /// @param eventId The event.
  /// @param doorsAt When they open, in seconds.
  /// @param freezeAt When tickets stop moving, in seconds.
  /// @param refundUntil Until when tickets can be given back, in seconds.
  event EventRescheduled(
    uint256 indexed eventId,
    uint40 doorsAt,
    uint40 freezeAt,
    uint40 refundUntil
  );

  /// @notice An event will not happen.
  /// @param eventId The event.
  event EventCancelled(uint256 indexed eventId);

  /// @notice Some actions are refused for a while.
  /// @param eventId The event.
  /// @param actions The sum of 1 mint, 2 gift, 4 sale; 0 when the pause was ended.
  /// @param until When it expires by itself, in seconds.
  event EventPaused(uint256 indexed eventId, uint8 actions, uint40 until);

  /// @notice Units that were kept back are on public sale.
  /// @param eventId The event.
  /// @param class Where they come from: 1 presale, 2 artist, 3 sponsor, 4 comp.
  /// @param units How many.
  event ClassReleased(uint256 indexed eventId, uint8 indexed class, uint256 units);

  /// @notice A market may, or may no longer, settle sales of an event's tickets.
  /// @param eventId The event.
  /// @param market The contract.
  /// @param allowed Whether it may.
  event MarketSet(uint256 indexed eventId, address indexed market, bool allowed);

  /// @notice Creates an event.
  /// @param eventId 1 to 2^23 - 1; becomes the highest bits of its ticket ids.
  /// @param terms What the organiser decided; fixed from now on.
  function createEvent(uint256 eventId, EventTerms memory terms) external onlyRole(ORGANISER_ROLE) {
    EventRecord storage record = _events[eventId];
    record.requireNew(eventId);
    (EventHead head, ClassCounts classes, uint64 faceUnit) = TERMS_READER.read(eventId, terms);
    terms.freezeAt = head.freezeAt();
    record.create(terms, head, classes, faceUnit);
    emit EventCreated(eventId, terms.organiser, terms);
  }

  /// @notice Moves doors to a later time, within two years of now. The freeze moves with them, and
  /// for two weeks, but no longer than until the freeze, holders may give their tickets back. Doors
  /// end that where the freeze is past, so that there is always some time, and none that was given
  /// is shortened.
  /// @param eventId The event.
  /// @param doorsAt When they open, in seconds.
  function reschedule(uint256 eventId, uint40 doorsAt) external {
    EventRecord storage record = _eventOfOrganiser(eventId);
    EventHead head = record.head;
    _requireOn(eventId, head);
    uint40 doorsBefore = head.doorsAt();
    if (doorsAt <= doorsBefore || doorsAt <= block.timestamp) {
      revert TicketsDoorsNotLater(eventId, doorsBefore, doorsAt);
    }
    uint256 latest = block.timestamp + POSTPONED_MAX;
    if (doorsAt > latest) revert TicketsDoorsTooLate(eventId, latest, doorsAt);
    uint40 freezeAt;
    // doors move to later, and the freeze is not after them
    unchecked {
      freezeAt = head.freezeAt() + (doorsAt - doorsBefore);
    }
    uint256 lastly = freezeAt > block.timestamp ? freezeAt : doorsAt;
    uint256 refundUntil = block.timestamp + REFUND_WINDOW;
    if (refundUntil > lastly) refundUntil = lastly;
    uint256 given = record.refundUntil;
    if (refundUntil < given) refundUntil = given;
    record.head = head.withTimes(doorsAt, freezeAt);
    record.refundUntil = uint40(refundUntil);
    emit EventRescheduled(eventId, doorsAt, freezeAt, uint40(refundUntil));
  }

  /// @notice Cancels an event for good: its tickets stop moving and can be refunded.
  /// @param eventId The event.
  function cancelEvent(uint256 eventId) external {
    EventRecord storage record =
      hasRole(GUARDIAN_ROLE, msg.sender) ? _event(eventId) : _eventOfOrganiser(eventId);
    _requireOn(eventId, record.head);
    record.head = record.head.withCancelled();
    emit EventCancelled(eventId);
  }

  /// @notice Refuses some actions of an event for 72 hours. Refunds and the gate go on.
  /// @param eventId The event.
  /// @param actions The sum of 1 mint, 2 gift, 4 sale.
  function pause(uint256 eventId, uint8 actions) external onlyRole(GUARDIAN_ROLE) {
    EventRecord storage record = _event(eventId);
    if (record.head.isPaused(PAUSE_ALL)) {
      revert TicketsPauseRunning(eventId, record.head.pausedUntil());
    }
    if (actions == 0 || actions > PAUSE_ALL) revert TicketsPauseUnknown(actions);
    uint40 until = uint40(block.timestamp) + PAUSE_LASTS;
    record.head = record.head.withPause(actions, until);
    emit EventPaused(eventId, actions, until);
  }

  /// @notice Ends a pause early.
  /// @param eventId The event.
  function unpause(uint256 eventId) external onlyRole(DEFAULT_ADMIN_ROLE) {
    EventRecord storage record = _event(eventId);
    record.head = record.head.withPause(0, 0);
    emit EventPaused(eventId, 0, 0);
  }

  /// @notice Moves units that are left of a class to the public one.
  /// @param eventId The event.
  /// @param class 1 presale, 2 artist, 3 sponsor, 4 comp.
  /// @param units How many.
  function releaseUnits(uint256 eventId, uint8 class, uint24 units) external {
    EventRecord storage record = _eventOfOrganiser(eventId);
    record.classes = record.classes.withReleased(eventId, class, units);
    emit ClassReleased(eventId, class, units);
  }

  /// @notice Lets a contract settle sales of an event's tickets, or no longer. The first ticket
  /// sold closes the list: from then on markets can only be taken off it.
  /// @param eventId The event.
  /// @param market The contract.
  /// @param allowed Whether it may.
  function setMarket(uint256 eventId, address market, bool allowed) external {
    EventRecord storage record = _eventOfOrganiser(eventId);
    if (allowed && record.classes.anyMinted()) revert TicketsSaleStarted(eventId);
    if (allowed) record.markets[market] = record.sale;
    else delete record.markets[market];
    emit MarketSet(eventId, market, allowed);
  }

  /// @notice The terms of an event; reverts for one that was never created.
  /// @param eventId The event.
  /// @return The decoded record.
  function eventOf(uint256 eventId) external view returns (EventView memory) {
    return _event(eventId).read();
  }

  /// @notice Whether a contract may settle sales of an event's tickets.
  /// @param eventId The event.
  /// @param market The contract.
  /// @return True if it is on the event's list.
  function isMarket(uint256 eventId, address market) external view returns (bool) {
    return _event(eventId).markets[market].faceUnit != 0;
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
    royaltyAmount = Math.mulDiv(salePrice, record.sale.royaltyBps, BPS);
  }

  function _event(uint256 eventId) internal view returns (EventRecord storage record) {
    record = _events[eventId];
    record.requireKnown(eventId);
  }

  /// @dev For what only the organiser may do to an event that exists.
  function _eventOfOrganiser(uint256 eventId) internal view returns (EventRecord storage record) {
    record = _event(eventId);
    if (msg.sender != record.organiser && !hasRole(ORGANISER_ROLE, msg.sender)) {
      revert TicketsNotOrganiser(msg.sender, eventId);
    }
  }

  /// @dev For ids of minted tickets, whose event is known to exist.
  function _eventOfTicket(uint256 id) internal view returns (EventRecord storage) {
    return _events[TicketId.eventOf(id)];
  }

  /// @dev Afterwards the money may be gone, so nobody can be promised it back.
  function _requireNotOver(uint256 eventId, EventHead head) internal view {
    uint256 over = head.doorsAt() + SETTLED_AFTER_DOORS;
    if (block.timestamp >= over) revert TicketsEventOver(eventId, over);
  }

  function _requireOn(uint256 eventId, EventHead head) private view {
    if (head.cancelled()) revert TicketsEventCancelled(eventId);
    _requireNotOver(eventId, head);
  }
}
