// Keeps who holds which ticket: an ERC-721 core with all of a ticket's state in its owner's slot.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {ERC721Utils} from "@openzeppelin/contracts/token/ERC721/utils/ERC721Utils.sol";
import {MintRun} from "./libraries/MintRun.sol";
import {TicketId} from "./libraries/TicketId.sol";
import {FLAG_APPROVED, FLAG_VOID, TicketWord} from "./libraries/TicketWord.sol";

/// @notice The ticket was minted before, valid or not.
/// @param id The ticket.
error TicketsSeatTaken(uint256 id);

/// @notice A seat is issued again only after its previous ticket was voided.
/// @param id The ticket asked for.
/// @param previousId The ticket of the previous issue.
error TicketsPreviousIssueNotVoid(uint256 id, uint256 previousId);

/// @title Ticket ledger
/// @notice Answers every ERC-721 call as OpenZeppelin's ERC721 does, errors included, where the
/// derived contract's move rule does not object. Nobody but the holder and those the holder
/// approved can move a ticket (I9).
abstract contract TicketLedger is IERC721, IERC721Errors {
  /// @dev A struct, so that a mint finds the place of a ticket once for reading and writing.
  struct Slot {
    TicketWord word;
  }

  // The first four slots, in this order: storage proofs of tickets depend on it.
  /// @dev I1: a seat has at most one ticket that is not VOID, because an id is minted at most once
  /// and an issue after the first only when the one before it is VOID, which is final.
  mapping(uint256 id => Slot) private _slots;
  mapping(address owner => uint256) private _balances;
  /// @dev Valid only while the ticket's APPROVED flag is set, so that a move need not clear it.
  mapping(uint256 id => address) private _approved;
  mapping(address owner => mapping(address operator => bool)) private _operators;

  /// @inheritdoc IERC721
  function approve(address to, uint256 id) external {
    address owner = _wordOf(id).owner();
    if (msg.sender != owner && !_operators[owner][msg.sender]) {
      revert ERC721InvalidApprover(msg.sender);
    }
    _approve(to, id);
  }

  /// @inheritdoc IERC721
  function setApprovalForAll(address operator, bool approved) external {
    if (operator == address(0)) revert ERC721InvalidOperator(operator);
    _operators[msg.sender][operator] = approved;
    emit ApprovalForAll(msg.sender, operator, approved);
  }

  /// @inheritdoc IERC721
  function safeTransferFrom(address from, address to, uint256 id) external {
    safeTransferFrom(from, to, id, "");
  }

  /// @inheritdoc IERC721
  function balanceOf(address owner) external view returns (uint256) {
    if (owner == address(0)) revert ERC721InvalidOwner(owner);
    return _balances[owner];
  }

  /// @inheritdoc IERC721
  function ownerOf(uint256 id) external view returns (address) {
    return _wordOf(id).owner();
  }

  /// @inheritdoc IERC721
  function getApproved(uint256 id) external view returns (address) {
    return _wordOf(id).has(FLAG_APPROVED) ? _approved[id] : address(0);
  }

  /// @inheritdoc IERC721
  function isApprovedForAll(address owner, address operator) external view returns (bool) {
    return _operators[owner][operator];
  }

  /// @inheritdoc IERC721
  function safeTransferFrom(address from, address to, uint256 id, bytes memory data) public {
    transferFrom(from, to, id);
    ERC721Utils.checkOnERC721Received(msg.sender, from, to, id, data);
  }

  /// @inheritdoc IERC721
  function transferFrom(address from, address to, uint256 id) public {
    if (to == address(0)) revert ERC721InvalidReceiver(to);
    Slot storage slot = _slots[id];
    TicketWord word = slot.word;
    bool byOwner = msg.sender == word.owner();
    // nobody calls as address 0, so a ticket that was never minted is refused there as well
    if (!byOwner) _requireApproved(word, id);
    if (word.owner() != from) revert ERC721IncorrectOwner(from, id, word.owner());
    _requireGift(word, id, byOwner);
    _move(slot, word.givenTo(to), from, to, id);
  }

  /// @dev Reverts unless a move without a market is allowed now.
  function _requireGift(TicketWord word, uint256 id, bool byOwner) internal view virtual;

  /// @dev The only place where a ticket changes hands; authorisation and policy come before.
  function _move(
    Slot storage slot,
    TicketWord moved,
    address from,
    address to,
    uint256 id
  ) internal {
    // a holder has at least this ticket, and there are fewer than 2^63 tickets
    unchecked {
      --_balances[from];
      ++_balances[to];
    }
    slot.word = moved;
    emit Transfer(from, to, id);
  }

  /// @dev Authorisation comes before.
  function _approve(address to, uint256 id) internal {
    (Slot storage slot, TicketWord word) = _slotOf(id);
    _approved[id] = to;
    slot.word = to == address(0) ? word.withoutFlag(FLAG_APPROVED) : word.withFlag(FLAG_APPROVED);
    emit Approval(word.owner(), to, id);
  }

  /// @dev Mints all runs or reverts. Answers how many tickets these are, and how many units of
  /// stock they take: a reissue is the unit that was counted when its seat was first minted (I11).
  function _mintRuns(
    uint256 eventId,
    TicketWord fresh,
    bytes calldata runs
  ) internal returns (uint256 minted, uint256 units) {
    MintRun.requireRecords(runs);
    // a record counts at most 255, and the transaction's gas limit bounds the records
    unchecked {
      for (uint256 start; start < runs.length; start += MintRun.RECORD_BYTES) {
        (address to, uint256 firstId, uint256 count) = MintRun.readRecord(runs, start, eventId);
        minted += count;
        if (TicketId.issueOf(firstId) == 0) units += count;
        else _requireReissuable(firstId, count);
        _mintRun(to, firstId, count, fresh);
      }
    }
  }

  function _wordOf(uint256 id) internal view returns (TicketWord word) {
    (, word) = _slotOf(id);
  }

  /// @dev Where a minted ticket's state is, for those that will change it, and what it is.
  function _slotOf(uint256 id) internal view returns (Slot storage slot, TicketWord word) {
    slot = _slots[id];
    word = slot.word;
    if (!word.exists()) revert ERC721NonexistentToken(id);
  }

  /// @dev As ownerOf answers it, but without a revert for a ticket that was never minted.
  function _wordOrNone(uint256 id) internal view returns (TicketWord) {
    return _slots[id].word;
  }

  /// @dev Mints neighbouring seats to one wallet. Receivers are not called back: one hostile or
  /// delegated wallet would hold up everybody else's tickets.
  function _mintRun(address to, uint256 firstId, uint256 count, TicketWord fresh) private {
    if (to == address(0)) revert ERC721InvalidReceiver(to);
    TicketWord word = fresh.ownedBy(to);
    // there are fewer than 2^63 tickets, and the run ends within its row
    unchecked {
      _balances[to] += count;
      uint256 end = firstId + count;
      for (uint256 id = firstId; id < end; ++id) {
        Slot storage slot = _slots[id];
        if (slot.word.exists()) revert TicketsSeatTaken(id);
        slot.word = word;
        emit Transfer(address(0), to, id);
      }
    }
  }

  /// @dev Refuses a caller whom the holder approved neither for this ticket nor for all.
  function _requireApproved(TicketWord word, uint256 id) private view {
    if (!word.exists()) revert ERC721NonexistentToken(id);
    if (_operators[word.owner()][msg.sender]) return;
    if (!word.has(FLAG_APPROVED) || _approved[id] != msg.sender) {
      revert ERC721InsufficientApproval(msg.sender, id);
    }
  }

  function _requireReissuable(uint256 firstId, uint256 count) private view {
    for (uint256 id = firstId; id < firstId + count; ++id) {
      uint256 previousId = TicketId.previousIssue(id);
      if (!_slots[previousId].word.has(FLAG_VOID)) {
        revert TicketsPreviousIssueNotVoid(id, previousId);
      }
    }
  }
}
