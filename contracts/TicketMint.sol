// Mints the tickets that were sold or given away, as many as an event has and a key may.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RateLimiter} from "@openzeppelin/contracts/utils/RateLimiter.sol";
import {EventBook, TicketsEventCancelled} from "./EventBook.sol";
import {TicketLedger} from "./TicketLedger.sol";
import {EventHead, PAUSE_MINT} from "./libraries/EventHead.sol";
import {EventRecord} from "./libraries/EventRecord.sol";
import {FLAG_CARD, FLAG_FUNDED, freshTicket} from "./libraries/TicketWord.sol";

/// @notice Minting is paused for the event.
/// @param eventId The event.
/// @param until When the pause ends, in seconds.
error TicketsMintPaused(uint256 eventId, uint256 until);

/// @notice Only the event's box office may mint tickets whose face it holds.
/// @param caller The caller.
/// @param eventId The event.
error TicketsNotBoxOffice(address caller, uint256 eventId);

/// @notice A key mints no more than a limited number of tickets within a time.
/// @param role The role whose keys share the limit.
/// @param available The tickets that it could mint now.
/// @param wanted The tickets that would have been minted.
error TicketsMintLimitReached(bytes32 role, uint256 available, uint256 wanted);

/// @title Ticket mint
/// @notice The limits bound what a stolen key can do before somebody notices.
abstract contract TicketMint is TicketLedger, EventBook {
  using RateLimiter for RateLimiter.RefillingBucket;

  /// @notice Mints the tickets that the server sold by card or gave away.
  bytes32 public constant MINTER_ROLE = keccak256("MINTER_ROLE");
  /// @notice Signs the vouchers on which a box office mints.
  bytes32 public constant VOUCHER_ROLE = keccak256("VOUCHER_ROLE");

  /// @dev Two arenas an hour: no sale is that fast. A thief who finds the whole limit unused gets
  /// as much again in the first hour, while it refills.
  uint208 private constant LIMIT_TICKETS = 40_000;
  uint48 private constant LIMIT_WINDOW = 1 hours;

  mapping(bytes32 role => RateLimiter.RefillingBucket) private _limits;

  /// @notice The preceding Transfers of this call are tickets of one class, sold at one price.
  /// @param eventId The event.
  /// @param class 0 public, 1 presale, 2 artist, 3 sponsor, 4 comp.
  /// @param unitPrice All-in price of each, in the event's face unit.
  /// @param count The tickets; reissued ones among them (issue above 0) took no unit of the class.
  event BatchMinted(uint256 indexed eventId, uint8 indexed class, uint48 unitPrice, uint256 count);

  /// @notice Keys with a role may mint so many tickets within a time, refilled evenly.
  /// @param role MINTER_ROLE, or VOUCHER_ROLE for what box offices mint.
  /// @param tickets How many.
  /// @param window Within how long, in seconds.
  event MintLimitSet(bytes32 indexed role, uint208 tickets, uint48 window);

  constructor() {
    _setMintLimit(MINTER_ROLE, LIMIT_TICKETS, LIMIT_WINDOW);
    _setMintLimit(VOUCHER_ROLE, LIMIT_TICKETS, LIMIT_WINDOW);
  }

  /// @notice Mints runs of neighbouring seats, all of them or none. Those with a price were paid
  /// off chain: they are locked for as long as the event asks for.
  /// @param eventId The event.
  /// @param class 0 public, 1 presale, 2 artist, 3 sponsor, 4 comp.
  /// @param unitPrice All-in price of each ticket, in the event's face unit.
  /// @param runs Records of 26 bytes (see MintRun).
  function mintRuns(
    uint256 eventId,
    uint8 class,
    uint48 unitPrice,
    bytes calldata runs
  ) external onlyRole(MINTER_ROLE) {
    uint256 flags = unitPrice == 0 ? 0 : FLAG_CARD;
    _mint(MINTER_ROLE, eventId, class, unitPrice, flags, runs);
  }

  /// @notice As mintRuns, for the event's box office, which has just taken the price of each ticket
  /// into escrow. Those with a price can be refunded from there.
  /// @param eventId The event.
  /// @param class 0 public, 1 presale, 2 artist, 3 sponsor, 4 comp.
  /// @param unitPrice All-in price of each ticket, in the event's face unit.
  /// @param runs Records of 26 bytes (see MintRun).
  /// @return minted The tickets minted.
  function mintFunded(
    uint256 eventId,
    uint8 class,
    uint48 unitPrice,
    bytes calldata runs
  ) external returns (uint256 minted) {
    if (msg.sender != _event(eventId).boxOffice) revert TicketsNotBoxOffice(msg.sender, eventId);
    uint256 flags = unitPrice == 0 ? 0 : FLAG_FUNDED;
    return _mint(VOUCHER_ROLE, eventId, class, unitPrice, flags, runs);
  }

  /// @notice Changes how fast the keys of a role can mint.
  /// @param role MINTER_ROLE, or VOUCHER_ROLE for what box offices mint.
  /// @param tickets How many; 0 stops them.
  /// @param window Within how long, in seconds.
  function setMintLimit(
    bytes32 role,
    uint208 tickets,
    uint48 window
  ) external onlyRole(DEFAULT_ADMIN_ROLE) {
    _setMintLimit(role, tickets, window);
  }

  /// @notice How many tickets the keys of a role could mint now.
  /// @param role MINTER_ROLE, or VOUCHER_ROLE for what box offices mint.
  /// @return The number.
  function mintableBy(bytes32 role) external view returns (uint256) {
    return _limits[role].available(0);
  }

  function _mint(
    bytes32 role,
    uint256 eventId,
    uint8 class,
    uint48 unitPrice,
    uint256 flags,
    bytes calldata runs
  ) private returns (uint256 minted) {
    EventRecord storage record = _event(eventId);
    EventHead head = record.head;
    if (head.cancelled()) revert TicketsEventCancelled(eventId);
    if (head.isPaused(PAUSE_MINT)) revert TicketsMintPaused(eventId, head.pausedUntil());
    uint256 since = (block.timestamp - head.createdAt()) / 1 minutes;
    uint256 units;
    (minted, units) = _mintRuns(eventId, freshTicket(unitPrice, flags, since), runs);
    RateLimiter.RefillingBucket storage limit = _limits[role];
    if (!limit.tryConsume(0, minted)) {
      revert TicketsMintLimitReached(role, limit.available(0), minted);
    }
    record.classes = record.classes.withMinted(eventId, class, units);
    emit BatchMinted(eventId, class, unitPrice, minted);
  }

  function _setMintLimit(bytes32 role, uint208 tickets, uint48 window) private {
    _limits[role].updateSettings(window, tickets);
    emit MintLimitSet(role, tickets, window);
  }
}
