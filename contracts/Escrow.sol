// Keeps the price of every funded ticket until its event is over, or pays it back to the holder.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Credits} from "./Credits.sol";
import {Tickets} from "./Tickets.sol";
import {EventView} from "./libraries/EventRecord.sol";
import {TicketId} from "./libraries/TicketId.sol";

/// @notice Only the event's organiser, or a holder of ORGANISER_ROLE, may do this.
/// @param caller The caller.
/// @param eventId The event.
error EscrowNotOrganiser(address caller, uint256 eventId);

/// @notice An event's money is paid out three days after doors, and not if it was cancelled.
/// @param eventId The event.
/// @param releasedAt From when on, in seconds; 0 for a cancelled event.
error EscrowLocked(uint256 eventId, uint256 releasedAt);

/// @notice There is nothing to pay out.
/// @param eventId The event.
error EscrowEmpty(uint256 eventId);

/// @notice Another box office, or none, pays the event's refunds.
/// @param eventId The event.
/// @param boxOffice The one that does.
error EscrowNotBoxOffice(uint256 eventId, address boxOffice);

/// @notice What was put in for the refunds that no escrow covers is not enough.
/// @param eventId The event.
/// @param wanted The refund, in the event's currency.
error EscrowShort(uint256 eventId, uint256 wanted);

/// @notice The native coin sent is not the amount; it is none for an event in a token.
/// @param sent What was sent.
/// @param expected What had to be.
error EscrowPaymentWrong(uint256 sent, uint256 expected);

/// @notice Another amount arrived than was due: the token keeps a part of what it moves.
/// @param arrived What arrived.
/// @param expected What was due.
error EscrowPaymentShort(uint256 arrived, uint256 expected);

/// @title Escrow
/// @notice Each event's money is counted on its own: nothing pays for another event's refunds (I4).
abstract contract Escrow is Credits {
  using SafeERC20 for IERC20;

  bytes32 private constant ORGANISER_ROLE = keccak256("ORGANISER_ROLE");

  /// @notice Whose tickets are sold.
  Tickets public immutable TICKETS;

  /// @dev Unspent refund funds go back to the organiser so long after doors.
  uint256 private constant FUNDS_KEPT = 180 days;

  mapping(uint256 eventId => uint256) private _escrows;
  mapping(uint256 eventId => uint256) private _funds;

  /// @notice The price of tickets was put into escrow.
  /// @param eventId The event.
  /// @param amount How much, in the event's currency.
  event EscrowDeposited(uint256 indexed eventId, uint256 amount);

  /// @notice An event's money was paid to its organiser.
  /// @param eventId The event.
  /// @param organiser Who got it.
  /// @param amount How much, in the event's currency.
  event EscrowReleased(uint256 indexed eventId, address indexed organiser, uint256 amount);

  /// @notice Money was put in for refunds that no escrow covers.
  /// @param eventId The event.
  /// @param amount How much, in the event's currency.
  event RefundsFunded(uint256 indexed eventId, uint256 amount);

  /// @notice Refund funds that nobody needed went back to the organiser.
  /// @param eventId The event.
  /// @param amount How much, in the event's currency.
  event FundsReclaimed(uint256 indexed eventId, uint256 amount);

  /// @notice A ticket's price was paid back.
  /// @param id The ticket.
  /// @param holder Who held it.
  /// @param amount How much, in the event's currency.
  event Refunded(uint256 indexed id, address indexed holder, uint256 amount);

  constructor(Tickets tickets) {
    TICKETS = tickets;
  }

  /// @notice Pays tickets back to whoever holds them: those that were taken or given back, and all
  /// of a cancelled event. Anybody may ask for that, and nobody can pause it. In a list, one that
  /// is not to be refunded, or was by somebody who was faster, holds up no other.
  /// @param ids The tickets.
  function refund(uint256[] calldata ids) external nonReentrant {
    for (uint256 i; i < ids.length; ++i) {
      try TICKETS.takeRefund(ids[i]) returns (address holder, uint48 face, bool funded) {
        _refund(ids[i], holder, face, funded);
      } catch (bytes memory reason) {
        if (ids.length == 1) LowLevelCall.bubbleRevert(reason);
      }
    }
  }

  /// @notice Puts money in for refunds that no escrow covers, of tickets sold off chain and sold
  /// on.
  /// @param eventId The event.
  /// @param amount How much, in the event's currency.
  function fundRefunds(uint256 eventId, uint256 amount) external payable nonReentrant {
    EventView memory terms = TICKETS.eventOf(eventId);
    if (terms.boxOffice != address(this)) revert EscrowNotBoxOffice(eventId, terms.boxOffice);
    _collect(terms.currency, amount);
    _funds[eventId] += amount;
    emit RefundsFunded(eventId, amount);
  }

  /// @notice Returns unspent refund funds to the organiser, half a year after doors, except what is
  /// due for void tickets.
  /// @param eventId The event.
  function reclaimFunds(uint256 eventId) external nonReentrant {
    EventView memory terms = TICKETS.eventOf(eventId);
    uint256 releasedAt = terms.doorsAt + FUNDS_KEPT;
    if (block.timestamp < releasedAt) revert EscrowLocked(eventId, releasedAt);
    uint256 kept = terms.fundsDue * terms.faceUnit;
    if (_funds[eventId] <= kept) revert EscrowEmpty(eventId);
    uint256 amount = _funds[eventId] - kept;
    _funds[eventId] = kept;
    emit FundsReclaimed(eventId, amount);
    _push(terms.organiser, terms.currency, amount);
  }

  /// @notice Pays an event's money to its organiser, three days after doors, except what is
  /// due for void tickets. Anybody may ask for that.
  /// @param eventId The event.
  function release(uint256 eventId) external nonReentrant {
    EventView memory terms = TICKETS.eventOf(eventId);
    if (terms.cancelled) revert EscrowLocked(eventId, 0);
    uint256 releasedAt = terms.doorsAt + TICKETS.SETTLED_AFTER_DOORS();
    if (block.timestamp < releasedAt) revert EscrowLocked(eventId, releasedAt);
    uint256 kept = terms.refundsDue * terms.faceUnit;
    if (_escrows[eventId] <= kept) revert EscrowEmpty(eventId);
    uint256 amount = _escrows[eventId] - kept;
    _escrows[eventId] = kept;
    emit EscrowReleased(eventId, terms.organiser, amount);
    _push(terms.organiser, terms.currency, amount);
  }

  /// @notice What lies in escrow for an event.
  /// @param eventId The event.
  /// @return The amount, in the event's currency.
  function escrowOf(uint256 eventId) external view returns (uint256) {
    return _escrows[eventId];
  }

  /// @notice What lies ready for refunds that no escrow covers.
  /// @param eventId The event.
  /// @return The amount, in the event's currency.
  function fundsOf(uint256 eventId) external view returns (uint256) {
    return _funds[eventId];
  }

  function _deposit(uint256 eventId, uint256 amount) internal {
    _escrows[eventId] += amount;
    emit EscrowDeposited(eventId, amount);
  }

  function _eventOfOrganiser(uint256 eventId) internal view returns (EventView memory terms) {
    terms = TICKETS.eventOf(eventId);
    if (msg.sender != terms.organiser && !TICKETS.hasRole(ORGANISER_ROLE, msg.sender)) {
      revert EscrowNotOrganiser(msg.sender, eventId);
    }
  }

  /// @dev Takes exactly the amount from the caller.
  function _collect(address currency, uint256 amount) internal {
    uint256 expected = currency == address(0) ? amount : 0;
    if (msg.value != expected) revert EscrowPaymentWrong(msg.value, expected);
    if (currency == address(0)) return;
    uint256 before = _balanceOf(currency);
    IERC20(currency).safeTransferFrom(msg.sender, address(this), amount);
    _requireArrived(_balanceOf(currency) - before, amount);
  }

  function _requireArrived(uint256 arrived, uint256 amount) internal pure {
    if (arrived != amount) revert EscrowPaymentShort(arrived, amount);
  }

  function _balanceOf(address currency) internal view returns (uint256) {
    return IERC20(currency).balanceOf(address(this));
  }

  /// @dev The tickets contract answers once for each ticket, before any money moves.
  function _refund(uint256 id, address holder, uint48 face, bool funded) private {
    uint256 eventId = TicketId.eventOf(id);
    EventView memory terms = TICKETS.eventOf(eventId);
    uint256 amount = face * terms.faceUnit;
    // a funded ticket's price is there: a payout leaves what is due, and nothing is due later
    if (funded) _escrows[eventId] -= amount;
    else if (_funds[eventId] >= amount) _funds[eventId] -= amount;
    else revert EscrowShort(eventId, amount);
    emit Refunded(id, holder, amount);
    _push(holder, terms.currency, amount);
  }
}
