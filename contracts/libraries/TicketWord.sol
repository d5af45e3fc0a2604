// Packs everything the chain knows of one ticket into its owner's storage slot.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev Bits, lowest first (wallets, gates and storage proofs rely on these offsets):
///
///   owner   0-159    the holder; 0 only for a ticket that was never minted
///   face  160-207    all-in price first paid, in the event's face unit; never changes
///   nonce 208-219    raised by every move and cancel; a signature names the nonce it was made at
///   gifts 220-223    moves made without a market; stays at 15
///   flags 224-231    see the constants below
///   since 232-255    minute of the mint, counted from the event's creation; stays at 2^24 - 1
///
/// The nonce stays at 4095: a ticket there still moves, but no signature over it is honoured any
/// more, because it could not be told from an earlier one. A sale stops one short of it: its buyer
/// must be able to sign a pass.
type TicketWord is uint256;

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

uint256 constant FLAG_USED = 1; // admitted at the gate; final
uint256 constant FLAG_APPROVED = 2; // the approval mapping's entry is valid only while this is set
uint256 constant FLAG_VOID = 4; // taken back; final, and the seat's next issue may be minted
uint256 constant FLAG_FUNDED = 8; // face lies in escrow; set only by the call that deposited it
uint256 constant FLAG_RESOLD = 16; // sold on by a holder at least once
uint256 constant FLAG_CARD = 32; // sold off chain, so a chargeback can still come
uint256 constant FLAG_LOCKED = 64; // may not move until unlocked
uint256 constant FLAG_SPARE = 128; // unused

uint256 constant NONCE_MAX = 4095;
uint256 constant GIFTS_MAX = 15;
uint256 constant SINCE_MAX = type(uint24).max;

uint256 constant FACE_AT = 160;
uint256 constant NONCE_AT = 208;
uint256 constant GIFTS_AT = 220;
uint256 constant FLAGS_AT = 224;
uint256 constant SINCE_AT = 232;

/// @dev What a move does not overwrite: all but the owner and the single approval.
uint256 constant KEPT_MASK = ~(type(uint160).max | (FLAG_APPROVED << FLAGS_AT));

/// @dev The flags of a ticket that does not move whatever the event's rules are.
uint256 constant SPENT_MASK = (FLAG_USED | FLAG_VOID | FLAG_LOCKED) << FLAGS_AT;

using {
  owner,
  face,
  nonce,
  gifts,
  flags,
  since,
  exists,
  has,
  withFlag,
  withoutFlag,
  ownedBy,
  movedTo,
  nonceRaised,
  givenTo,
  isSpent,
  read
} for TicketWord global;

/// @dev What all tickets of one mint share; the owner is still missing.
function freshTicket(
  uint256 face_,
  uint256 flags_,
  uint256 sinceMinutes
) pure returns (TicketWord) {
  if (sinceMinutes > SINCE_MAX) sinceMinutes = SINCE_MAX;
  return TicketWord.wrap((face_ << FACE_AT) | (flags_ << FLAGS_AT) | (sinceMinutes << SINCE_AT));
}

function owner(TicketWord word) pure returns (address) {
  return address(uint160(TicketWord.unwrap(word)));
}

function face(TicketWord word) pure returns (uint48) {
  return uint48(TicketWord.unwrap(word) >> FACE_AT);
}

function nonce(TicketWord word) pure returns (uint16) {
  return uint16((TicketWord.unwrap(word) >> NONCE_AT) & NONCE_MAX);
}

function gifts(TicketWord word) pure returns (uint8) {
  return uint8((TicketWord.unwrap(word) >> GIFTS_AT) & GIFTS_MAX);
}

function flags(TicketWord word) pure returns (uint8) {
  return uint8(TicketWord.unwrap(word) >> FLAGS_AT);
}

function since(TicketWord word) pure returns (uint24) {
  return uint24(TicketWord.unwrap(word) >> SINCE_AT);
}

function exists(TicketWord word) pure returns (bool) {
  return TicketWord.unwrap(word) != 0;
}

/// @dev True if any of the given flags is set.
function has(TicketWord word, uint256 flag) pure returns (bool) {
  return TicketWord.unwrap(word) & (flag << FLAGS_AT) != 0;
}

/// @dev True for a ticket that does not move whatever the event's rules are.
function isSpent(TicketWord word) pure returns (bool) {
  return TicketWord.unwrap(word) & SPENT_MASK != 0;
}

function withFlag(TicketWord word, uint256 flag) pure returns (TicketWord) {
  return TicketWord.wrap(TicketWord.unwrap(word) | (flag << FLAGS_AT));
}

function withoutFlag(TicketWord word, uint256 flag) pure returns (TicketWord) {
  return TicketWord.wrap(TicketWord.unwrap(word) & ~(flag << FLAGS_AT));
}

/// @dev Gives a fresh ticket its first owner.
function ownedBy(TicketWord word, address to) pure returns (TicketWord) {
  return TicketWord.wrap(TicketWord.unwrap(word) | uint160(to));
}

/// @dev A move: new owner, nonce raised, single approval gone; face, gifts and since stay.
function movedTo(TicketWord word, address to) pure returns (TicketWord) {
  return TicketWord.wrap((TicketWord.unwrap(nonceRaised(word)) & KEPT_MASK) | uint160(to));
}

function nonceRaised(TicketWord word) pure returns (TicketWord) {
  if (nonce(word) == NONCE_MAX) return word;
  // below NONCE_MAX the addition cannot carry into the gifts
  unchecked {
    return TicketWord.wrap(TicketWord.unwrap(word) + (1 << NONCE_AT));
  }
}

/// @dev A move without a market: also counted as a gift.
function givenTo(TicketWord word, address to) pure returns (TicketWord) {
  TicketWord moved = movedTo(word, to);
  if (gifts(word) == GIFTS_MAX) return moved;
  // below GIFTS_MAX the addition cannot carry into the flags
  unchecked {
    return TicketWord.wrap(TicketWord.unwrap(moved) + (1 << GIFTS_AT));
  }
}

function read(TicketWord word) pure returns (TicketView memory) {
  return
    TicketView({
      owner: owner(word),
      face: face(word),
      nonce: nonce(word),
      gifts: gifts(word),
      flags: flags(word),
      since: since(word)
    });
}
