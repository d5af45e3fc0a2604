// Mints, admits and voids the tickets of all events: the chain's side of the box office.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {AccessControlDefaultAdminRules, EventBook} from "./EventBook.sol";
import {TicketLedger} from "./TicketLedger.sol";
import {EventRecord} from "./libraries/EventRecord.sol";
import {MovePolicy, TicketsTicketUsed, TicketsTicketVoid} from "./libraries/MovePolicy.sol";
import {TicketId} from "./libraries/TicketId.sol";
import {TicketJson} from "./libraries/TicketJson.sol";
import {FLAG_USED, FLAG_VOID, TicketWord, freshTicket} from "./libraries/TicketWord.sol";

/// @notice The gate of an event opens six hours before doors.
/// @param id The ticket.
/// @param opensAt When it can be checked in, in seconds.
error TicketsGateClosed(uint256 id, uint256 opensAt);

/// @notice As many tickets of the event were voided today as can be in a day.
/// @param eventId The event.
/// @param limit The number.
error TicketsVoidLimitReached(uint256 eventId, uint256 limit);

/// @notice A call over a list of tickets needs at least one.
error TicketsListEmpty();

/// @notice Only the holder can revoke what the holder signed.
/// @param caller The caller.
/// @param id The ticket.
error TicketsNotHolder(address caller, uint256 id);

/// @notice A ticket as `ticketOf` answers it; `since` is the minute of its mint, counted from the
/// event's creation. Flags are those of TicketWord.
struct TicketView {
  address owner;
  uint48 face;
  uint16 nonce;
  uint8 gifts;
  uint8 flags;
  uint24 since;
}

/// @title Stagedoor tickets
/// @notice One contract for all events. It cannot be upgraded, and nobody but the holder, the admin
/// included, can move a ticket; the only coercion is to void one, which leaves it where it is. A
/// ticket's id is its seat (see TicketId), so no seat is minted twice and a repeated mint reverts.
contract Tickets is TicketLedger, EventBook, IERC721Metadata, IERC4906 {
  /// @notice Mints the tickets that the server sold or gave away.
  bytes32 public constant MINTER_ROLE = keccak256("MINTER_ROLE");
  /// @notice Marks tickets as used.
  bytes32 public constant GATE_ROLE = keccak256("GATE_ROLE");
  /// @notice Voids tickets that are refunded, reissued or charged back.
  bytes32 public constant REFUNDER_ROLE = keccak256("REFUNDER_ROLE");

  /// @dev Time to notice and cancel a hand-over of the admin role that nobody wanted.
  uint48 private constant ADMIN_DELAY = 3 days;
  uint256 private constant GATE_BEFORE_DOORS = 6 hours;
  /// @dev Per event; bounds what a stolen key can take back.
  uint8 private constant VOIDS_PER_DAY = 50;
  bytes4 private constant ERC4906_ID = 0x49064906;

  /// @notice The preceding Transfers of this call are tickets of one class, sold at one price.
  /// @param eventId The event.
  /// @param class 0 public, 1 presale, 2 artist, 3 sponsor, 4 comp.
  /// @param unitPrice All-in price of each, in the event's face unit.
  /// @param count The tickets; reissued ones among them (issue above 0) took no unit of the class.
  event BatchMinted(uint256 indexed eventId, uint8 indexed class, uint48 unitPrice, uint256 count);

  /// @notice A ticket was used at the gate. It stays in the wallet as a souvenir.
  /// @param id The ticket.
  event CheckedIn(uint256 indexed id);

  /// @notice A ticket was taken back; its seat may be issued again.
  /// @param id The ticket.
  event TicketVoided(uint256 indexed id);

  /// @notice The holder revoked every signature over a ticket: asks, permits and gate sessions.
  /// @param id The ticket.
  /// @param nonce The only nonce at which a signature counts from now on.
  event AskCancelled(uint256 indexed id, uint256 nonce);

  /// @notice Starts without events and with no role but the admin's.
  /// @param admin Grants and revokes the roles, and can do nothing else.
  constructor(address admin) AccessControlDefaultAdminRules(ADMIN_DELAY, admin) {}

  /// @notice Mints runs of neighbouring seats, all of them or none.
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
    EventRecord storage record = _event(eventId);
    TicketWord fresh = freshTicket(unitPrice, (block.timestamp - record.createdAt) / 1 minutes);
    (uint256 minted, uint256 units) = _mintRuns(eventId, fresh, runs);
    record.classes = record.classes.withMinted(eventId, class, units);
    emit BatchMinted(eventId, class, unitPrice, minted);
  }

  /// @notice Marks one ticket as used; refuses one that already is.
  /// @param id The ticket.
  function checkIn(uint256 id) external onlyRole(GATE_ROLE) {
    if (!_checkIn(id)) revert TicketsTicketUsed(id);
    emit MetadataUpdate(id);
  }

  /// @notice Marks tickets as used. Those that already are stay as they are, so that gates can post
  /// what they admitted more than once and in any order.
  /// @param ids The tickets.
  function checkInMany(uint256[] calldata ids) external onlyRole(GATE_ROLE) {
    for (uint256 i; i < ids.length; ++i) _checkIn(ids[i]);
    _emitMetadataUpdate(ids);
  }

  /// @notice Takes tickets back, at most 50 per event and UTC day; used ones cannot be.
  /// @param ids The tickets.
  function void(uint256[] calldata ids) external onlyRole(REFUNDER_ROLE) {
    for (uint256 i; i < ids.length; ++i) _void(ids[i]);
    _emitMetadataUpdate(ids);
  }

  /// @notice Revokes every signature made so far over a ticket that the caller holds. At nonce 4095
  /// signatures no longer work at all; transfers do.
  /// @param id The ticket.
  function cancel(uint256 id) external {
    TicketWord word = _wordOf(id);
    if (msg.sender != word.owner()) revert TicketsNotHolder(msg.sender, id);
    word = word.nonceRaised();
    _setWord(id, word);
    emit AskCancelled(id, word.nonce());
  }

  /// @notice The state of a ticket; reverts for one that was never minted.
  /// @param id The ticket.
  /// @return The decoded owner's slot.
  function ticketOf(uint256 id) external view returns (TicketView memory) {
    TicketWord word = _wordOf(id);
    return
      TicketView({
        owner: word.owner(),
        face: word.face(),
        nonce: word.nonce(),
        gifts: word.gifts(),
        flags: word.flags(),
        since: word.since()
      });
  }

  /// @notice Whether the holder's own hand could move the ticket now (ERC-6454).
  /// @param id The ticket.
  /// @param from The present holder, or 0 together with `to` to ask in general.
  /// @param to The next holder, or 0 together with `from`.
  /// @return True if such a transfer would pass.
  function isTransferable(uint256 id, address from, address to) external view returns (bool) {
    TicketWord word = _wordOf(id);
    if (from != address(0) || to != address(0)) {
      if (from != word.owner() || to == address(0)) return false;
    }
    return MovePolicy.refusal(_eventOfTicket(id), word, true) == MovePolicy.Refusal.NONE;
  }

  /// @inheritdoc IERC721Metadata
  function tokenURI(uint256 id) external view returns (string memory) {
    return TicketJson.uri(id, _wordOf(id));
  }

  /// @inheritdoc IERC721Metadata
  function name() external pure returns (string memory) {
    return "Stagedoor Tickets";
  }

  /// @inheritdoc IERC721Metadata
  function symbol() external pure returns (string memory) {
    return "STAGE";
  }

  /// @inheritdoc IERC165
  function supportsInterface(
    bytes4 interfaceId
  ) public view override(AccessControlDefaultAdminRules, IERC165) returns (bool) {
    return
      interfaceId == type(IERC721).interfaceId ||
      interfaceId == type(IERC721Metadata).interfaceId ||
      interfaceId == type(IERC2981).interfaceId ||
      interfaceId == ERC4906_ID ||
      interfaceId == this.isTransferable.selector ||
      super.supportsInterface(interfaceId);
  }

  function _requireGift(TicketWord word, uint256 id, bool byOwner) internal view override {
    MovePolicy.requireGift(_eventOfTicket(id), word, id, byOwner);
  }

  /// @dev True if the ticket was not used before.
  function _checkIn(uint256 id) private returns (bool) {
    TicketWord word = _wordOf(id);
    if (word.has(FLAG_VOID)) revert TicketsTicketVoid(id);
    if (word.has(FLAG_USED)) return false;
    uint256 opensAt = _eventOfTicket(id).doorsAt - GATE_BEFORE_DOORS;
    if (block.timestamp < opensAt) revert TicketsGateClosed(id, opensAt);
    _setWord(id, word.withFlag(FLAG_USED));
    emit CheckedIn(id);
    return true;
  }

  function _void(uint256 id) private {
    TicketWord word = _wordOf(id);
    if (word.has(FLAG_VOID)) revert TicketsTicketVoid(id);
    if (word.has(FLAG_USED)) revert TicketsTicketUsed(id);
    _countVoid(id);
    _setWord(id, word.withFlag(FLAG_VOID));
    emit TicketVoided(id);
  }

  function _countVoid(uint256 id) private {
    EventRecord storage record = _eventOfTicket(id);
    uint32 today = uint32(block.timestamp / 1 days);
    uint8 voids = record.voidDay == today ? record.voidsOnDay : 0;
    if (voids == VOIDS_PER_DAY) {
      revert TicketsVoidLimitReached(TicketId.eventOf(id), VOIDS_PER_DAY);
    }
    record.voidDay = today;
    record.voidsOnDay = voids + 1;
  }

  /// @dev Wallets refresh the whole span; a list of neighbours is named exactly (ERC-4906).
  function _emitMetadataUpdate(uint256[] calldata ids) private {
    if (ids.length == 0) revert TicketsListEmpty();
    uint256 first = ids[0];
    uint256 last = first;
    for (uint256 i = 1; i < ids.length; ++i) {
      if (ids[i] < first) first = ids[i];
      if (ids[i] > last) last = ids[i];
    }
    emit BatchMetadataUpdate(first, last);
  }
}
