// Moves a ticket from its holder to a buyer, on nothing but the holder's signed ask.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EventBook} from "./EventBook.sol";
import {SignedDomain} from "./SignedDomain.sol";
import {TicketLedger} from "./TicketLedger.sol";
import {Ask, hashAsk} from "./libraries/Ask.sol";
import {Consent} from "./libraries/Consent.sol";
import {EventHead} from "./libraries/EventHead.sol";
import {BPS, EventRecord, SaleTerms} from "./libraries/EventRecord.sol";
import {MovePolicy} from "./libraries/MovePolicy.sol";
import {TicketId} from "./libraries/TicketId.sol";
import {FLAG_RESOLD, NONCE_MAX, TicketWord} from "./libraries/TicketWord.sol";

/// @notice A message was not signed by the ticket's holder.
/// @param holder The holder.
error TicketsSignatureInvalid(address holder);

/// @notice Only the market that an ask names may settle it.
/// @param caller The caller.
/// @param market The market that the holder named.
error TicketsNotAskMarket(address caller, address market);

/// @notice The market is not on the event's list.
/// @param eventId The event.
/// @param market The market.
error TicketsMarketUnknown(uint256 eventId, address market);

/// @notice What the holder signed has run out.
/// @param id The ticket.
/// @param deadline When it did, in seconds.
error TicketsSignatureExpired(uint256 id, uint256 deadline);

/// @notice The holder's ask is for one buyer.
/// @param id The ticket.
/// @param to The buyer.
/// @param allowedBuyer Who it is for.
error TicketsBuyerForbidden(uint256 id, address to, address allowedBuyer);

/// @notice The ticket has moved, or its holder has cancelled, since the signature was made.
/// @param id The ticket.
/// @param given The nonce that was signed.
/// @param current The ticket's nonce.
error TicketsNonceStale(uint256 id, uint256 given, uint256 current);

/// @notice The ticket has moved so often that signatures over it no longer count, or would not
/// count any more for its buyer.
/// @param id The ticket.
error TicketsNonceSpent(uint256 id);

/// @notice Tickets of an event are sold in its currency.
/// @param id The ticket.
/// @param given The currency of the ask.
/// @param expected The event's currency.
error TicketsCurrencyWrong(uint256 id, address given, address expected);

/// @notice A market takes more of the price than the event allows.
/// @param id The ticket.
/// @param feeBps The market's share.
/// @param capBps The highest share.
error TicketsFeeOverCap(uint256 id, uint256 feeBps, uint256 capBps);

/// @notice The price is above what the event allows for this ticket.
/// @param id The ticket.
/// @param price The price asked for.
/// @param cap The highest price.
error TicketsPriceOverCap(uint256 id, uint256 price, uint256 cap);

/// @title Ticket sale
/// @notice The holder's consent is verified here, so that a market can only be wrong about money.
abstract contract TicketSale is TicketLedger, EventBook, SignedDomain {
  bytes32 private constant PERMIT_TYPEHASH = keccak256(
    "Permit(address spender,uint256 tokenId,uint256 nonce,uint256 deadline)"
  );

  /// @notice Hands a ticket to the buyer of its holder's ask; the calling market moves the money.
  /// @param ask What the holder signed.
  /// @param to The buyer.
  /// @param signature The holder's, over the ask (EIP-712, ERC-1271).
  /// @return seller Who is to be paid.
  /// @return royaltyBps The share of the price that is the artists', in hundredths of a percent; 0
  /// of a return that was asked for: an ask to the organiser alone, at face or less.
  function settle(
    Ask calldata ask,
    address to,
    bytes calldata signature
  ) external returns (address seller, uint16 royaltyBps) {
    uint256 id = ask.id;
    (Slot storage slot, TicketWord word) = _slotOf(id);
    EventRecord storage record = _eventOfTicket(id);
    EventHead head = record.head;
    SaleTerms memory terms = record.markets[msg.sender];
    _requireConsent(ask, terms, word, to);
    if (ask.allowedBuyer != address(0)) _meetBuyer(ask, terms, record, word, to);
    _requireCaps(ask, terms, word, head);
    if (!head.isPlainForSale() || block.timestamp >= head.freezeAt() || word.isSpent()) {
      _requireMovable(ask, record, word, to);
    }
    (seller, royaltyBps) = (word.owner(), terms.royaltyBps);
    _requireSigned(seller, hashAsk(ask), signature);
    _move(slot, word.movedTo(to).withFlag(FLAG_RESOLD), seller, to, id);
  }

  /// @notice Approves a spender on the holder's signature (ERC-4494). Anybody can do so again until
  /// the deadline, while the ticket's nonce stays: a holder takes a permit back by cancel, since an
  /// approval of somebody else would not last.
  /// @param spender Who may move the ticket, where its event's policy lets operators do that.
  /// @param tokenId The ticket.
  /// @param deadline Until when the signature counts, in seconds.
  /// @param signature The holder's, over Permit(spender,tokenId,nonce,deadline).
  function permit(
    address spender,
    uint256 tokenId,
    uint256 deadline,
    bytes calldata signature
  ) external {
    TicketWord word = _wordOf(tokenId);
    if (block.timestamp > deadline) revert TicketsSignatureExpired(tokenId, deadline);
    uint256 nonce_ = word.nonce();
    if (nonce_ == NONCE_MAX) revert TicketsNonceSpent(tokenId);
    bytes32 structHash = keccak256(abi.encode(PERMIT_TYPEHASH, spender, tokenId, nonce_, deadline));
    _requireSigned(word.owner(), structHash, signature);
    _approve(spender, tokenId);
  }

  /// @notice The nonce that a permit must name (ERC-4494): how often the ticket moved or its holder
  /// cancelled.
  /// @param tokenId The ticket.
  /// @return The number, 4095 at most; signatures made there do not count.
  function nonces(uint256 tokenId) external view returns (uint256) {
    return _wordOf(tokenId).nonce();
  }

  /// @notice The same nonce under its name in ERC-5008. Transfer and AskCancelled tell its changes.
  /// @param tokenId The ticket.
  /// @return The number, 4095 at most; signatures made there do not count.
  function nonce(uint256 tokenId) external view returns (uint256) {
    return _wordOf(tokenId).nonce();
  }

  /* solhint-disable func-name-mixedcase */
  /// @notice The hash of this contract's EIP-712 domain on this chain (ERC-4494).
  /// @return The hash.
  function DOMAIN_SEPARATOR() external view returns (bytes32) {
    return _domainSeparator();
  }
  /* solhint-enable func-name-mixedcase */

  /// @dev A return to the organiser at face or less goes back to where the ticket came from:
  /// neither a chargeback nor the policy could mind.
  function _requireMovable(
    Ask calldata ask,
    EventRecord storage record,
    TicketWord word,
    address to
  ) private view {
    EventHead head = record.head;
    MovePolicy.Refusal reason = MovePolicy.ofSale(head, word);
    if (reason == MovePolicy.Refusal.NONE) return;
    if (reason == MovePolicy.Refusal.CARD || reason == MovePolicy.Refusal.POLICY) {
      if (_isReturn(ask, record, word, to)) return;
    }
    MovePolicy.requireNone(reason, head, word, ask.id);
  }

  /// @dev An ask to one buyer is for nobody else. One to the organiser, at face or less, is a
  /// return: no royalty is taken off what the fan gets back.
  function _meetBuyer(
    Ask calldata ask,
    SaleTerms memory terms,
    EventRecord storage record,
    TicketWord word,
    address to
  ) private view {
    if (ask.allowedBuyer != to) revert TicketsBuyerForbidden(ask.id, to, ask.allowedBuyer);
    if (_isReturn(ask, record, word, to)) terms.royaltyBps = 0;
  }

  /// @dev Back to the organiser, at face or less.
  function _isReturn(
    Ask calldata ask,
    EventRecord storage record,
    TicketWord word,
    address to
  ) private view returns (bool) {
    return to == record.organiser && ask.price <= uint256(word.face()) * record.sale.faceUnit;
  }

  /// @dev Whose ask it is, where and until when: what the holder decided.
  function _requireConsent(
    Ask calldata ask,
    SaleTerms memory terms,
    TicketWord word,
    address to
  ) private view {
    uint256 id = ask.id;
    if (to == address(0)) revert ERC721InvalidReceiver(to);
    if (msg.sender != ask.market) revert TicketsNotAskMarket(msg.sender, ask.market);
    if (terms.faceUnit == 0) revert TicketsMarketUnknown(TicketId.eventOf(id), msg.sender);
    if (block.timestamp > ask.deadline) revert TicketsSignatureExpired(id, ask.deadline);
    if (ask.nonce != word.nonce()) revert TicketsNonceStale(id, ask.nonce, word.nonce());
    // at the highest nonce no pass counts: a seller could cancel up to it and sell the rest
    if (ask.nonce >= NONCE_MAX - 1) revert TicketsNonceSpent(id);
  }

  /// @dev For how much, and in what: what the organiser decided.
  function _requireCaps(
    Ask calldata ask,
    SaleTerms memory terms,
    TicketWord word,
    EventHead head
  ) private pure {
    uint256 id = ask.id;
    if (ask.currency != terms.currency) {
      revert TicketsCurrencyWrong(id, ask.currency, terms.currency);
    }
    if (ask.feeBps > head.feeCapBps()) {
      revert TicketsFeeOverCap(id, ask.feeBps, head.feeCapBps());
    }
    // 48, 64 and 16 bits
    unchecked {
      uint256 cap = (uint256(word.face()) * terms.faceUnit * head.resaleCapBps()) / BPS;
      if (ask.price > cap) revert TicketsPriceOverCap(id, ask.price, cap);
    }
  }

  function _requireSigned(
    address holder,
    bytes32 structHash,
    bytes calldata signature
  ) private view {
    if (!Consent.isSignedBy(holder, _hashTypedData(structHash), signature)) {
      revert TicketsSignatureInvalid(holder);
    }
  }
}
